"""Runs of another kind that belong in a report: capacity, sweep and the fault matrix, where there are such runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.results_set import UnusableResults

# Runs that were kept for the documentation.
MEASUREMENTS: Final = Path(__file__).parent.parent.parent / "docs" / "measurements"


class Step(msgspec.Struct, frozen=True):
    """One load of a search for capacity, as capacity.json has it."""

    part: str
    rate_rps: int | None
    throughput_rps: float
    latency_ms: dict[str, float | None]
    outcome: str


class Capacity(msgspec.Struct, frozen=True):
    """The highest rate of one combination, and the steps towards it."""

    combination: str
    rate_rps: int | None
    broke_at_rps: int | None
    limited_by: str
    steps: list[Step]


class Value(msgspec.Struct, frozen=True):
    """How many times better a change was at one level of a factor."""

    level: float
    passed: int
    ratio: float


class Finding(msgspec.Struct, frozen=True):
    """One change over one factor, as sweep.json has it."""

    factor: str
    comparison: str
    values: list[Value]
    sentence: str


class FactorLine(msgspec.Struct, frozen=True):
    """A factor that was swept."""

    name: str
    title: str
    unit: str


class FaultCell(msgspec.Struct, frozen=True):
    """What one fault did to one combination, as faults.json has it."""

    fault: str
    combination: str
    requests: int
    failed: dict[str, int]
    worst_s: float
    recovery_s: float
    broken: list[str] = []
    finding: str = ""


class CapacityRun(msgspec.Struct, frozen=True):
    """What a report shows of capacity.json."""

    started_at: str
    command: str
    objectives_ms: dict[str, float]
    combinations: list[Capacity]


class SweepRun(msgspec.Struct, frozen=True):
    """What a report shows of sweep.json."""

    started_at: str
    command: str
    factors: list[FactorLine]
    findings: list[Finding]


class FaultRun(msgspec.Struct, frozen=True):
    """What a report shows of faults.json."""

    started_at: str
    command: str
    cells: list[FaultCell]


KINDS: Final[dict[str, type[msgspec.Struct]]] = {"capacity": CapacityRun, "sweep": SweepRun, "faults": FaultRun}


def further_runs(folder: Path) -> dict[str, dict[str, Any]]:
    """Gives each kind's run with its place: of this folder, else the newest beside it, else one that was kept.

    Raises UnusableResults when a file of that name cannot be read.
    """
    found = {}
    for kind, shape in KINDS.items():
        path = next(_places(folder.resolve(), kind), None)
        if path:
            found[kind] = {"place": f"{path.parent.name}/{path.name}", **msgspec.to_builtins(_read(path, shape))}
    return found


def _places(folder: Path, kind: str) -> Iterator[Path]:
    name = f"{kind}.json"
    beside = sorted(folder.parent.glob(f"*-{kind}/{name}"), reverse=True)
    yield from (path for path in (folder / name, *beside, MEASUREMENTS / name) if path.is_file())


def _read(path: Path, shape: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.json.decode(path.read_bytes(), type=shape)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableResults(f"{path} is broken, cut short or another file: {error}") from error
