"""Reads a folder of result files, or says in one line why it cannot be compared."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from loadtests.results_schema import VERSION, Result

DEFAULT_FOLDER: Final = Path(__file__).parent / "results" / "latest"
COMBINATIONS: Final = ("sync", "sync-cached", "async", "async-cached")
RUN_FILE: Final = "run.json"
ROUND_NAME: Final = re.compile(r"\.round-\d+\.json$")
SAME_LOAD: Final = ("profile", "vus", "think_time_s", "think", "duration_s", "mix")

Rounds: TypeAlias = dict[int, dict[str, Result]]


class UnusableResults(Exception):
    """The results cannot be compared; the message says which file, and why."""


def read_rounds(folder: Path) -> Rounds:
    """Gives the results by round and combination, each round whole and all under one load.

    Raises UnusableResults.
    """
    files = _newest_set({path: _read(path) for path in _result_files(folder)})
    _refuse_other_loads(files)
    rounds: dict[int, dict[str, tuple[Path, Result]]] = {}
    for path, result in files.items():
        cells = rounds.setdefault(result.round, {})
        if result.combination in cells:
            other = cells[result.combination][0]
            raise UnusableResults(
                f"{path} and {other} both hold round {result.round} of {result.combination}: remove one of them"
            )
        cells[result.combination] = (path, result)
    _refuse_gaps(folder, {number: set(cells) for number, cells in rounds.items()})
    return {number: {name: rounds[number][name][1] for name in COMBINATIONS} for number in sorted(rounds)}


def _result_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UnusableResults(f"{folder} is not a folder: run `make matrix`, or give another one")
    files = sorted(path for path in folder.glob("*.json") if path.name != RUN_FILE)
    if not files:
        raise UnusableResults(f"{folder} holds no results: run `make matrix` or `k6 run loadtests/matrix.js` first")
    return files


def _read(path: Path) -> Result:
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableResults(f"{path} is broken or cut short: {error}") from error
    _refuse_foreign(path, document)
    try:
        result = msgspec.convert(document, Result)
    except msgspec.ValidationError as error:
        raise UnusableResults(f"{path} is not a result file: {error}") from error
    if result.combination not in COMBINATIONS:
        names = ", ".join(COMBINATIONS)
        raise UnusableResults(f"{path} holds {result.combination}, which is none of {names}")
    return result


def _refuse_foreign(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or "schema" not in document:
        raise UnusableResults(f"{path} is not a result file: it names no schema")
    if document["schema"] != VERSION:
        raise UnusableResults(f"{path} has schema {document['schema']!r}, this program reads {VERSION}: measure again")


def _newest_set(files: dict[Path, Result]) -> dict[Path, Result]:
    """Leaves out what another kind of run left behind in the same folder.

    k6 by hand writes `sync.json`, a run of several rounds `sync.round-1.json`.
    """
    rounds = {path: result for path, result in files.items() if ROUND_NAME.search(path.name)}
    single = {path: result for path, result in files.items() if path not in rounds}
    return max((rounds, single), key=lambda kind: max(_times(kind.values()), default=""))


def _times(results: Iterable[Result]) -> list[str]:
    return [result.started_at for result in results]


def _refuse_other_loads(files: dict[Path, Result]) -> None:
    (first_path, first), *others = files.items()
    for path, result in others:
        for name in SAME_LOAD:
            here, there = getattr(result, name), getattr(first, name)
            if here != there:
                raise UnusableResults(
                    f"{path} has {name} {here}, {first_path.name} has {there}: measure all combinations under one load"
                )


def _refuse_gaps(folder: Path, rounds: dict[int, set[str]]) -> None:
    for number, present in sorted(rounds.items()):
        missing = [name for name in COMBINATIONS if name not in present]
        if missing:
            raise UnusableResults(
                f"{folder} lacks {', '.join(missing)} in round {number}: measure them, or remove that round's files"
            )
