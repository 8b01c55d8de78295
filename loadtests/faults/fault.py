"""What a fault is: how it is done, how it is undone, and how one knows that it took place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from loadtests.consistency.workload import Load
from loadtests.faults.scene import Scene


class Evidence(NamedTuple):
    """Whether the fault took place, and the sentence that says by what one knows it."""

    happened: bool
    line: str


class Fault(Protocol):
    """Something that can be done to a scene under load."""

    def inject(self, scene: Scene) -> None:
        """Begins the fault; returns when it is in force."""

    def evidence(self, scene: Scene) -> Evidence:
        """Looks for the fault while it is in force, at the end of its time."""

    def lift(self, scene: Scene) -> None:
        """Ends the fault and returns when what was broken is there again; harmless when it was not begun."""


@dataclass(frozen=True)
class Steady:
    """A mixed load at a fixed rate: reads and writes a second, by so many readers and writers."""

    reads_per_second: float = 60.0
    writes_per_second: float = 12.0
    readers: int = 12
    patchers: int = 6
    orderers: int = 4

    def load(self, combination: str, port: int, run: str) -> Load:
        """Gives this load on one service; `run` names its keys."""
        return Load(
            combination=combination,
            port=port,
            run=run,
            readers=self.readers,
            patchers=self.patchers,
            orderers=self.orderers,
            reads_per_second=self.reads_per_second,
            writes_per_second=self.writes_per_second,
        )


STEADY = Steady()
# Everybody at once and without a pause: every thread and connection of the service comes into use.
WARM_UP = Steady(reads_per_second=0.0, readers=100)
# All that one core of services and one of database can do for the dearest of the combinations, and a little less.
FULL = Steady(reads_per_second=150.0, writes_per_second=30.0, readers=40)


Part = Literal["Redis", "database", "service", "clients"]


@dataclass(frozen=True)
class Row:
    """A fault of the matrix.

    It is in force for `seconds` (0: what `inject` does takes its own time), and `after` seconds of load follow. `kills`
    says that requests in the middle of their handler die with it. `instances_behind_nginx` puts nginx before so many
    instances of the service. `findings` holds, by combination, why a server does
    not keep the rules here, and what cures it: such a cell is reported and is not a failure.
    """

    name: str
    title: str
    part: Part
    seconds: float
    fault: Fault
    meaning: str
    after: float = 7.0
    load: Steady = STEADY
    kills: bool = False
    instances_behind_nginx: int = 0
    findings: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, cached: bool) -> bool:
        """Tells whether a combination can meet the fault: without a cache there is no Redis."""
        return cached or self.part != "Redis"
