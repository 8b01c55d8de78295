"""Reads the results that belong together: one load, the same combinations in every round, in reading order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from msgspec.structs import replace

from loadtests.analysis.contradictions import contradiction
from loadtests.analysis.k6_points import Points, begun, read_points, reader_of, summary_of, tenths
from loadtests.analysis.k6_summary import PROFILE, is_summary, refuse_printed, result_of
from loadtests.analysis.one_run import refuse_mixture
from loadtests.schema.combinations import OURS, read_entries
from loadtests.schema.design import RESERVED
from loadtests.schema.files import LOADTESTS, UnusableResults, read_json
from loadtests.schema.result import VERSION, Result, Varies
from loadtests.schema.run import RUN_FILE, RunDescription, read_description

COMBINATIONS: Final = ("sync", "sync-cached", "async", "async-cached")
# Including those of another server or driver.
OURS_BY_NAME: Final = {entry.name: entry.varies for entry in read_entries(OURS)}
# Every setting of the load that can change what is measured.
SAME_LOAD: Final = (
    "profile",
    "vus",
    "rate_rps",
    "think_time_s",
    "think",
    "warm_up_s",
    "duration_s",
    "mix",
    "routes_sha256",
    "hit_ratio_asked",
)


def refuse_other_loads(files: Mapping[Path, Result]) -> None:
    """Raises UnusableResults if two results were not measured under the same load."""
    (first_path, first), *others = files.items()
    # A k6 summary has little information about its load.
    same = SAME_LOAD if first.profile != PROFILE else ("profile",)
    for path, result in others:
        refuse_other_load(path, result, first_path.name, first, same)


def refuse_other_load(
    path: Path, result: Result, place: object, other: Result, same: Sequence[str] = SAME_LOAD
) -> None:
    for name in same:
        value, expected = getattr(result, name), getattr(other, name)
        if value != expected:
            raise UnusableResults(f"{path} has {name} {value}, {place} has {expected}: measure all under one load")


def in_order(results: Iterable[Result], planned: list[str], base: str) -> list[str]:
    """The names of the combinations: the base first, then as planned or measured.

    Raises UnusableResults if there is no such base.
    """
    names = _in_order(results, planned)
    if base and base not in names:
        raise UnusableResults(f"there is no combination {base} to hold the others to: choose one of {', '.join(names)}")
    return [base, *(name for name in names if name != base)] if base else names


def _in_order(results: Iterable[Result], planned: list[str]) -> list[str]:
    first: dict[str, str] = {}
    for result in results:
        first[result.combination] = min(result.started_at, first.get(result.combination, result.started_at))
    if planned:
        return planned
    places = {name: place for place, name in enumerate(COMBINATIONS)}
    measured = sorted(first, key=lambda name: (places.get(name, len(places)), first[name], name))
    # Half of the matrix is a valid comparison; three of the four are a matrix with a gap.
    hole = set(COMBINATIONS) - set(measured)
    return [*COMBINATIONS, *(name for name in measured if name not in places)] if len(hole) == 1 else measured


def refuse_gaps(place: str, names: list[str], rounds: Mapping[int, set[str]]) -> None:
    """Raises UnusableResults if a round lacks a combination or there is nothing to compare with."""
    for number, present in sorted(rounds.items()):
        missing = [name for name in names if name not in present]
        if missing:
            raise UnusableResults(
                f"{place} lacks {', '.join(missing)} in start {number}: measure them, or remove that start's files"
            )
    if len(names) < 2:
        raise UnusableResults(
            f"{place} holds {names[0]} alone: measure another combination, or name another file, to compare it with"
        )


def varies_of(cells: Mapping[str, Result]) -> dict[str, Varies | None]:
    """What each combination varies, from its result or from our own file. Raises UnusableResults."""
    varies_by_name = {name: result.varies or OURS_BY_NAME.get(name) for name, result in cells.items()}
    for name, varies in varies_by_name.items():
        if varies and varies.stack in RESERVED:
            raise UnusableResults(
                f"the stack of {name} is called {varies.stack}, as an effect is: give it another name"
            )
    return varies_by_name


POOL: Final = "python -m loadtests pool"
DEFAULT_FOLDER: Final = LOADTESTS / "results" / "latest"
# Files in a results folder that are no results.
OTHER_FILES: Final = frozenset({RUN_FILE, "comparison.json", "capacity.json", "sweep.json", "faults.json"})
ROUND_NAME: Final = re.compile(r"\.round-\d+\.json$")

Rounds: TypeAlias = dict[int, dict[str, Result]]


def read_rounds(folder: Path, base: str = "", given: Sequence[Path] = ()) -> Rounds:
    """Results by round and combination, each round complete, all under one load, the base first.

    They come from a folder, or from the given files in order. Raises UnusableResults.
    """
    files = _read_given(given) if given else _newest_set({path: _read(path) for path in _result_files(folder)})
    refuse_other_loads(files)
    rounds: dict[int, dict[str, tuple[Path, Result]]] = {}
    for path, result in files.items():
        cells = rounds.setdefault(result.round, {})
        if result.combination in cells:
            other = cells[result.combination][0]
            raise UnusableResults(
                f"{path} and {other} both hold start {result.round} of {result.combination}: remove one of them"
            )
        cells[result.combination] = (path, result)
    run = RunDescription() if given else _description(folder, files)
    refuse_mixture(folder, files, run)
    typed = list(dict.fromkeys(result.combination for result in files.values())) if given else run.combinations
    names = in_order(files.values(), typed, base)
    if not run.finished:
        rounds = {number: cells for number, cells in rounds.items() if set(names) <= cells.keys()} or rounds
    refuse_gaps(" ".join(map(str, given or [folder])), names, {number: set(cells) for number, cells in rounds.items()})
    return {number: {name: rounds[number][name][1] for name in names} for number in sorted(rounds)}


def first_result(rounds: Rounds) -> Result:
    return next(iter(next(iter(rounds.values())).values()))


def read_run_of(folder: Path) -> RunDescription:
    """Raises UnusableResults."""
    return _description(folder, _newest_set({path: _read(path) for path in _result_files(folder)}))


def _description(folder: Path, files: Iterable[Path]) -> RunDescription:
    """Empty if k6 was started by hand: a run.json beside its files belongs to an earlier run."""
    by_hand = not all(ROUND_NAME.search(path.name) for path in files)
    return RunDescription() if by_hand else read_description(folder)


def _result_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UnusableResults(f"{folder} is not a folder: run `make matrix`, or give another one")
    files = sorted(path for path in folder.glob("*.json") if path.name not in OTHER_FILES)
    runs = sorted({path.parent for path in folder.glob("*/*.json")})
    if not files and runs:
        raise UnusableResults(f"{folder} holds runs and no results: give one of them, as {runs[-1]}")
    if not files:
        raise UnusableResults(f"{folder} holds no results: run `make matrix` or `k6 run loadtests/matrix.js` first")
    return files


def _read_given(paths: Sequence[Path]) -> dict[Path, Result]:
    """Summaries with the same name in several folders get the folder in their name."""
    names = [path.name for path in paths]
    return {path: _read(path, path.parent.name if names.count(path.name) > 1 else "") for path in paths}


def _read(path: Path, folder: str = "") -> Result:
    reader = reader_of(path) if path.is_file() else None
    result = _of_points(path, read_points(path, reader)) if reader else _of_document(path)
    if folder and result.profile == PROFILE:
        result = replace(result, combination=f"{folder}/{result.combination}")
    if why := contradiction(result):
        raise UnusableResults(f"{path} contradicts itself: {why}")
    return result


def _of_points(path: Path, points: Points) -> Result:
    result = result_of(path, summary_of(points))
    return replace(result, started_at=begun(points), timeline=tenths(points))


def _of_document(path: Path) -> Result:
    refuse_printed(path)
    document = read_json(path, object, of_others=True)
    return result_of(path, document) if is_summary(document) else _ours(path, document)


def _ours(path: Path, document: Any) -> Result:
    _refuse_foreign(path, document)
    try:
        return msgspec.convert(document, Result)
    except msgspec.ValidationError as error:
        raise UnusableResults(f"{path} is not a result file: {error}") from error


def _refuse_foreign(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or "schema" not in document:
        raise UnusableResults(f"{path} is not a result file: it names no schema")
    if "shard" in document:
        raise UnusableResults(f"{path} is a shard, a part of a load: run `{POOL} {path.parent}` first")
    if document["schema"] != VERSION:
        raise UnusableResults(f"{path} has schema {document['schema']!r}, this program reads {VERSION}: measure again")


def _newest_set(files: dict[Path, Result]) -> dict[Path, Result]:
    """Leaves out files of another kind of run in the same folder.

    k6 by hand writes `sync.json`, a run of several rounds `sync.round-1.json`.
    """
    rounds = {path: result for path, result in files.items() if ROUND_NAME.search(path.name)}
    single = {path: result for path, result in files.items() if path not in rounds}
    return max((rounds, single), key=lambda kind: max((result.started_at for result in kind.values()), default=""))
