"""What lies around the results of a run: its host and ledgers, and what capacity and sweep have found elsewhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from loadtests.report.further import CAPACITY, SWEEP, CapacityRun, SweepRun, study_of
from loadtests.results_reading import read_run_of
from loadtests.results_set import UnusableResults
from loadtests.run_description import RUN_FILE

Ledgers: TypeAlias = Mapping[str, dict[str, str]]


class Surroundings(NamedTuple):
    """Host and commit of a run, the ledger of each combination, and the studies; empty where nothing is known."""

    host: Mapping[str, Any] = {}
    commit: str = ""
    ledgers: Mapping[str, dict[str, str]] = {}
    capacity: CapacityRun | None = None
    sweep: SweepRun | None = None


NOTHING_KNOWN: Final = Surroundings()


def surroundings_of(folder: Path, given: Sequence[Path] = ()) -> Surroundings:
    """Gives what is known around the results of a folder; files of studies may be given. Raises UnusableResults."""
    run = read_run_of(folder)
    return Surroundings(
        run.host,
        run.commit,
        ledgers_in(folder, run.ledger),
        study_of(folder, CAPACITY, CapacityRun, given),
        study_of(folder, SWEEP, SweepRun, given),
    )


def ledgers_in(folder: Path, ledger: Any) -> Ledgers:
    """Gives what run.json recorded of each combination, empty where it has no ledger; raises UnusableResults."""
    try:
        return msgspec.convert(ledger or {}, dict[str, dict[str, str]])
    except msgspec.ValidationError as error:
        raise UnusableResults(f"{folder / RUN_FILE} holds no ledger that can be read: {error}") from error
