"""Checks that the files of a folder can belong to one run, and to the one in its run.json."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from loadtests.analysis.contradictions import time_of
from loadtests.analysis.k6_summary import NAME
from loadtests.schema.combinations import OURS, read_entries
from loadtests.schema.files import UnusableResults
from loadtests.schema.result import Result
from loadtests.schema.run import RUN_FILE, RunDescription
from loadtests.schema.settings import UnusableInput, by_route, decimal, seconds, whole

Files = Mapping[Path, Result]


class Fact(NamedTuple):
    """A property that all files of a run share; compared if known, for manual runs within a round."""

    name: str
    of_result: Callable[[Result], Any]
    of_run: Callable[[RunDescription], Any]
    by_round: bool = False


FACTS: Final = (
    Fact("run_id", lambda result: result.run_id, lambda run: run.run_id, by_round=True),
    Fact("k6", lambda result: result.k6.version, lambda run: run.versions.get("k6")),
    Fact("host", lambda result: result.host, lambda run: run.host),
    Fact("commit", lambda result: result.commit, lambda run: run.commit),
    Fact("versions", lambda result: result.versions, lambda run: run.versions),
    Fact("profile", lambda result: result.profile, lambda run: run.profile),
)
# Variables of run.json's load that a result has as a figure, too.
LOAD: Final[Mapping[str, tuple[str, Callable[[str, str], Any]]]] = {
    "VUS": ("vus", whole),
    "WARM_UP": ("warm_up_s", seconds),
    "DURATION": ("duration_s", seconds),
    "RATE": ("rate_rps", whole),
    "MIX": ("mix", by_route),
    "HIT_RATIO": ("hit_ratio_asked", lambda name, text: decimal(name, text, 0, 1)),
}
# Times in run.json are whole seconds.
SECOND: Final = 1.0


def refuse_mixture(folder: Path, files: Files, run: RunDescription) -> None:
    """Raises UnusableResults, naming the first file that cannot belong to this run or to one run with the others."""
    for fault in chain(
        _misnamed(files), _copies(files), _unlike(files, run), _strangers(folder, files, run), _edited(folder, run)
    ):
        raise UnusableResults(fault)


def shortfall(run: RunDescription, rounds: int) -> str | None:
    """The missing parts of the run; null if it is complete or its plan is unknown."""
    if run.finished and rounds >= run.rounds:
        return None
    state = "finished" if run.finished else "not finished"
    return f"The run is {state}: {rounds} of {run.rounds} planned starts are whole, and only these are compared."


def ledger_sha256(ledger: Mapping[str, str]) -> str:
    return hashlib.sha256(msgspec.json.encode(ledger, order="sorted")).hexdigest()


def _misnamed(files: Files) -> Iterator[str]:
    names = {result.combination for result in files.values()} | {entry.name for entry in read_entries(OURS)}
    for path, result in files.items():
        name = NAME.fullmatch(path.name)
        if name and name["combination"] != result.combination and name["combination"] in names:
            yield f"{path} holds {result.combination}: it is not the file of its name"
        if name and name["round"] and int(name["round"]) != result.round:
            yield f"{path} holds start {result.round}: it is not the file of its name"


def _copies(files: Files) -> Iterator[str]:
    """Copies under another number: times in milliseconds, timelines and turns are unique."""
    seen: dict[tuple[str, str], Path] = {}
    for path, result in files.items():
        course = msgspec.json.encode((result.timeline, result.percentiles)).decode() if result.timeline else ""
        turns = msgspec.json.encode(result.turns).decode() if result.turns else ""
        for mark in filter(None, (result.started_at if time_of(result.started_at) else "", course, turns)):
            other = seen.setdefault((result.combination, mark), path)
            # Two files of one round are reported when rounds are assembled.
            if other != path and files[other].round != result.round:
                yield f"{path} is a copy of {other.name} under another start"


def _unlike(files: Files, run: RunDescription) -> Iterator[str]:
    for fact in FACTS:
        planned = fact.of_run(run)
        known: dict[int, tuple[str, Any]] = {}
        for path, result in files.items():
            value = fact.of_result(result)
            if not value:
                continue
            number = result.round if fact.by_round and not planned else 0
            where, expected = (RUN_FILE, planned) if planned else known.setdefault(number, (path.name, value))
            if value != expected:
                yield f"{path} has {fact.name} {value}, {where} has {expected}: they are not of one run"


def _strangers(folder: Path, files: Files, run: RunDescription) -> Iterator[str]:
    """Files that do not match the plan, the load and the ledgers in run.json."""
    begun = time_of(run.started_at) if run.started_at else None
    if run.started_at and begun is None:
        yield f"{folder / RUN_FILE} has started_at {run.started_at}, which is no time of UTC"
    for path, result in files.items():
        if run.combinations and result.combination not in run.combinations:
            yield f"{path} holds {result.combination}, which {RUN_FILE} does not name: it is of another run"
        if run.rounds and result.round > run.rounds:
            yield f"{path} is of start {result.round}, {RUN_FILE} has {run.rounds}: it is of another run"
        time = time_of(result.started_at)
        if begun and time and (begun - time).total_seconds() > SECOND:
            yield f"{path} was measured at {result.started_at}, before the run of {RUN_FILE} began at {run.started_at}"
        yield from _other_load(path, result, run)
        yield from _other_ledger(path, result, run)


def _other_load(path: Path, result: Result, run: RunDescription) -> Iterator[str]:
    for name, (field, read) in LOAD.items():
        value = getattr(result, field)
        if name not in run.load or value is None:
            continue
        try:
            expected = read(name, str(run.load[name]))
        except UnusableInput as error:
            raise UnusableResults(f"{path.with_name(RUN_FILE)} has an unusable load: {error}") from error
        if value != expected:
            yield f"{path} has {field} {value}, the load of {RUN_FILE} is {name}={run.load[name]}"


def _other_ledger(path: Path, result: Result, run: RunDescription) -> Iterator[str]:
    ledger = run.ledger.get(result.combination) if isinstance(run.ledger, dict) else None
    if not isinstance(ledger, dict):
        return
    if result.ledger_sha256 and result.ledger_sha256 != ledger_sha256(ledger):
        yield f"{path} was measured under another ledger of {result.combination} than {RUN_FILE} holds"
    changed = {change.entry for change in result.server.ledger_changes} if result.server else set()
    workers = result.server.limits.get("workers") if result.server else None
    if workers is not None and "workers" not in changed and ledger.get("workers", f"{workers:g}") != f"{workers:g}":
        yield f"{path} had {workers:g} workers, the ledger of {RUN_FILE} says {ledger['workers']}"


def _edited(folder: Path, run: RunDescription) -> Iterator[str]:
    """Versions are in run.json twice: from the running services, and as a summary."""
    for name, ledger in run.ledger.items() if isinstance(run.ledger, dict) else ():
        for entry, value in ledger.items() if isinstance(ledger, dict) else ():
            library = entry.removeprefix("library ")
            if library != entry and run.versions.get(library, value) != value:
                yield f"{folder / RUN_FILE} has {library} {run.versions[library]}, its ledger of {name} has {value}"
