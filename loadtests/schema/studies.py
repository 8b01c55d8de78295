"""Runs of another kind that belong to a run: capacity, sweep and the fault matrix, where there are such runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from loadtests.schema.capacity import is_least
from loadtests.schema.files import ROOT, UnusableResults

# Runs that were kept for the documentation.
MEASUREMENTS: Final = Path(__file__).parent.parent.parent / "docs" / "measurements"


class Step(msgspec.Struct, frozen=True):
    """One load of a search for capacity, as capacity.json has it."""

    part: str
    rate_rps: int | None
    throughput_rps: float
    latency_ms: dict[str, float | None]
    outcome: str


class Cost(msgspec.Struct, frozen=True):
    """What requests cost at the highest rate."""

    rps_per_service_core: float | None = None


class Capacity(msgspec.Struct, frozen=True):
    """The highest rate of one combination, and the steps towards it."""

    combination: str
    rate_rps: int | None
    broke_at_rps: int | None
    limited_by: str
    steps: list[Step]
    cost: Cost | None = None

    @property
    def at_least(self) -> bool:
        """Says that the combination may be able to take more."""
        outcomes = ((step.rate_rps, step.outcome) for step in self.steps if step.part != "warm-up")
        return self.rate_rps is not None and is_least(self.rate_rps, outcomes)


class Value(msgspec.Struct, frozen=True):
    """How many times better a change was at one level of a factor."""

    level: float
    passed: int
    ratio: float


class Flip(msgspec.Struct, frozen=True):
    """Whether a change becomes better or worse within the levels of a factor."""

    kind: str = ""


class Finding(msgspec.Struct, frozen=True):
    """One change over one factor, as sweep.json has it."""

    factor: str
    comparison: str
    values: list[Value]
    sentence: str
    flip: Flip = Flip()


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


class Study(msgspec.Struct, frozen=True, kw_only=True):
    """What every such run says; `place` is where it was found, `run` is on what it was made."""

    started_at: str
    command: str
    complete: bool = True
    run: dict[str, Any] = {}
    place: str = ""


class CapacityRun(Study, frozen=True, kw_only=True):
    """What is shown of capacity.json."""

    objectives_ms: dict[str, float]
    combinations: list[Capacity]


class SweepRun(Study, frozen=True, kw_only=True):
    """What is shown of sweep.json."""

    factors: list[FactorLine]
    findings: list[Finding]


class FaultRun(Study, frozen=True, kw_only=True):
    """What is shown of faults.json."""

    cells: list[FaultCell]


class _Named(msgspec.Struct, frozen=True):
    """What a file says of its own kind."""

    kind: str = ""


Kind = TypeVar("Kind", bound=Study)

CAPACITY: Final = "capacity"
SWEEP: Final = "sweep"
KINDS: Final[dict[str, type[Study]]] = {CAPACITY: CapacityRun, SWEEP: SweepRun, "faults": FaultRun}


def further_runs(folder: Path, given: Sequence[Path] = ()) -> dict[str, dict[str, Any]]:
    """Gives each kind's run as data, where there is one; raises UnusableResults as `study_of` does."""
    found = {kind: study_of(folder, kind, shape, given) for kind, shape in KINDS.items()}
    return {kind: msgspec.to_builtins(study) for kind, study in found.items() if study}


def study_of(folder: Path, kind: str, shape: type[Kind], given: Sequence[Path] = ()) -> Kind | None:
    """Gives one kind's run: a file that was given, else of this folder, else the newest beside it, else a kept one.

    Raises UnusableResults when such a file cannot be read, and for a given one of no kind.
    """
    mine = [path for path in given if _kind(path) == kind]
    path = next((path for path in (*mine, *_places(folder.resolve(), kind))), None)
    return replace(_read(path, shape), place=_shown(path.resolve())) if path else None


def _shown(path: Path) -> str:
    # A report is passed on: it does not say where on this machine a file of elsewhere lies.
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else f"{path.parent.name}/{path.name}"


def _kind(path: Path) -> str:
    kind = _read(path, _Named).kind or path.stem
    if kind not in KINDS:
        raise UnusableResults(f"{path} is none of {', '.join(f'{one}.json' for one in KINDS)}")
    return kind


def _places(folder: Path, kind: str) -> Iterator[Path]:
    name = f"{kind}.json"
    beside = sorted(folder.parent.glob(f"*-{kind}/{name}"), reverse=True)
    yield from (path for path in (folder / name, *beside, MEASUREMENTS / name) if path.is_file())


Shape = TypeVar("Shape", bound=msgspec.Struct)


def _read(path: Path, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(path.read_bytes(), type=shape)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnusableResults(f"{path} is broken, cut short or another file: {error}") from error
