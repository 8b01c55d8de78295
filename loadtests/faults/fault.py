"""What a fault is: how it is injected and lifted, and the evidence that it took place."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from loadtests.consistency.workload import Load
from loadtests.faults.target import FaultTarget

JOIN_SECONDS: Final = 10.0
# Templates: the combination, its port and the name of the run are filled in for each cell.
MIXED: Final = Load("", 0, "", reads_per_second=60.0, writes_per_second=12.0)
# All clients at once without pauses: every thread and connection of the service comes into use.
WARM_UP: Final = Load("", 0, "", readers=100, writes_per_second=12.0)
WRITES: Final = Load("", 0, "", reads_per_second=60.0, writes_per_second=30.0, orderers=10)
# A little less than one core of services and one of database can do on the slowest combination.
FULL: Final = Load("", 0, "", readers=40, reads_per_second=150.0, writes_per_second=30.0)
Part = Literal["Redis", "database", "service", "clients"]


class Evidence(NamedTuple):
    """Whether the fault took place, and what shows it."""

    happened: bool
    line: str


class Injector(Protocol):
    """Does a fault to a target under load."""

    def inject(self, target: FaultTarget) -> None:
        """Returns when the fault is in force."""

    def evidence(self, target: FaultTarget) -> Evidence:
        """Is called while the fault is in force, at its end."""

    def lift(self, target: FaultTarget) -> None:
        """Returns when what was broken works again; harmless when nothing was injected."""


class Repeated:
    """Runs a function in a thread until it is stopped."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, work: Callable[[], None]) -> None:
        self.over.clear()
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """Says whether it was running."""
        self.over.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(JOIN_SECONDS)
        return thread is not None


@dataclass(frozen=True)
class Fault:
    """A fault of the matrix.

    It is in force for `seconds` (0: `inject` takes its own time), and `after` seconds of load follow. `kills` says that
    requests in progress die with it. `instances_behind_nginx` puts nginx before so many instances. `findings` says, by
    combination, which property of a server breaks a rule, and the remedy: such a cell does not fail the run.
    """

    name: str
    title: str
    part: Part
    seconds: float
    injector: Injector
    meaning: str
    after: float = 7.0
    load: Load = MIXED
    kills: bool = False
    instances_behind_nginx: int = 0
    findings: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, cached: bool) -> bool:
        """Combinations without a cache do not use Redis."""
        return cached or self.part != "Redis"
