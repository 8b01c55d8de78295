"""What a fault is: how it is injected and lifted, and the evidence that it took place."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

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


# What shows that a fault took place; it is asked while the fault is in force, at its end.
ReadEvidence: TypeAlias = Callable[[], Evidence]
# Entering returns when the fault is in force, leaving when what was broken works again.
Inject: TypeAlias = Callable[[FaultTarget], AbstractContextManager[ReadEvidence]]


@contextmanager
def repeated(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Runs a function in a thread; the event says that it is over."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=[over], daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(JOIN_SECONDS)


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
    inject: Inject
    meaning: str
    after: float = 7.0
    load: Load = MIXED
    kills: bool = False
    instances_behind_nginx: int = 0
    findings: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, cached: bool) -> bool:
        """Combinations without a cache do not use Redis."""
        return cached or self.part != "Redis"
