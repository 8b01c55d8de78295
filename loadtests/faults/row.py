"""One line of the matrix: a fault, how long it lasts, and what may come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from loadtests.faults.fault import Fault
from loadtests.faults.steady import STEADY, Steady

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
