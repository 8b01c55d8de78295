"""The type of a fault: how it is injected and lifted, and the evidence that it took place."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from loadtests.consistency.workload import Load
from loadtests.faults.target import FaultTarget

JOIN_SECONDS: Final = 10.0
# Templates: each cell fills in the combination, its port and the name of the run.
MIXED: Final = Load("", 0, "", reads_per_second=60.0, writes_per_second=12.0)
# All clients at once without pauses, so that every thread and connection of the service is used.
WARM_UP: Final = Load("", 0, "", readers=100, writes_per_second=12.0)
WRITES: Final = Load("", 0, "", reads_per_second=60.0, writes_per_second=30.0, orderers=10)
# A little below the capacity of the slowest combination with one core of service and one of database.
FULL: Final = Load("", 0, "", readers=40, reads_per_second=150.0, writes_per_second=30.0)
Part = Literal["Redis", "database", "service", "clients"]


class Evidence(NamedTuple):
    """Whether the fault took place, and the text that shows it."""

    happened: bool
    line: str


# Collects the evidence of a fault, at its end while it is still in force.
ReadEvidence: TypeAlias = Callable[[], Evidence]
# Entering returns when the fault is in force, leaving when it is lifted and everything works again.
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

    It is in force for `seconds` (0: `inject` takes its own time), then `after` seconds of load follow. `kills`:
    requests in progress are lost. `instances_behind_nginx` puts nginx in front of this number of instances. `findings`
    has, by combination, the property of a server that breaks a rule, and the remedy; such a cell does not fail the run.
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
