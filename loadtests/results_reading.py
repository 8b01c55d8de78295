"""Reads a folder of result files, or says in one line why it cannot be compared."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from loadtests.foreign_summary import UnusableSummary, is_summary, result_of
from loadtests.results_schema import VERSION, Result
from loadtests.results_set import UnusableResults, in_order, refuse_gaps, refuse_other_loads
from loadtests.run_description import RUN_FILE, RunDescription, UnusableRun, read_description

DEFAULT_FOLDER: Final = Path(__file__).parent / "results" / "latest"
# What stands beside results in their folder and is none.
OTHER_FILES: Final = frozenset({RUN_FILE, "comparison.json", "capacity.json", "sweep.json", "faults.json"})
ROUND_NAME: Final = re.compile(r"\.round-\d+\.json$")

Rounds: TypeAlias = dict[int, dict[str, Result]]


def read_rounds(folder: Path, base: str = "") -> Rounds:
    """Gives the results by round and combination, each round whole and all under one load, a base before the others.

    Raises UnusableResults.
    """
    files = _newest_set({path: _read(path) for path in _result_files(folder)})
    refuse_other_loads(files)
    rounds: dict[int, dict[str, tuple[Path, Result]]] = {}
    for path, result in files.items():
        cells = rounds.setdefault(result.round, {})
        if result.combination in cells:
            other = cells[result.combination][0]
            raise UnusableResults(
                f"{path} and {other} both hold round {result.round} of {result.combination}: remove one of them"
            )
        cells[result.combination] = (path, result)
    names = in_order(files.values(), _description(folder, files).combinations, base)
    refuse_gaps(folder, names, {number: set(cells) for number, cells in rounds.items()})
    return {number: {name: rounds[number][name][1] for name in names} for number in sorted(rounds)}


def read_run_of(folder: Path) -> RunDescription:
    """Gives the description of the run that wrote the results in a folder; raises UnusableResults."""
    return _description(folder, _newest_set({path: _read(path) for path in _result_files(folder)}))


def _description(folder: Path, files: Iterable[Path]) -> RunDescription:
    """Empty where that was k6 by hand: a run.json beside its files is of an earlier run."""
    if not all(ROUND_NAME.search(path.name) for path in files):
        return RunDescription()
    try:
        return read_description(folder)
    except UnusableRun as error:
        raise UnusableResults(str(error)) from error


def _result_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UnusableResults(f"{folder} is not a folder: run `make matrix`, or give another one")
    files = sorted(path for path in folder.glob("*.json") if path.name not in OTHER_FILES)
    if not files:
        raise UnusableResults(f"{folder} holds no results: run `make matrix` or `k6 run loadtests/matrix.js` first")
    return files


def _read(path: Path) -> Result:
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableResults(f"{path} is broken or cut short: {error}") from error
    if is_summary(document):
        return _foreign(path, document)
    _refuse_foreign(path, document)
    try:
        return msgspec.convert(document, Result)
    except msgspec.ValidationError as error:
        raise UnusableResults(f"{path} is not a result file: {error}") from error


def _foreign(path: Path, document: Any) -> Result:
    try:
        return result_of(path, document)
    except UnusableSummary as error:
        raise UnusableResults(f"{path} is a summary of k6 that cannot be used: {error}") from error


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
