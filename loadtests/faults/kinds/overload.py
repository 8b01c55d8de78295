"""More clients than a service can handle."""

from dataclasses import dataclass, field
from typing import Final

from loadtests.consistency.failures import SHED
from loadtests.consistency.history import OK
from loadtests.consistency.process import Driver
from loadtests.consistency.workload import Load
from loadtests.faults.fault import Evidence
from loadtests.faults.target import FaultTarget

NOT_INJECTED: Final = Evidence(False, "NOT INJECTED")


@dataclass
class Overload:
    """Clients send uncached reports without pauses: `times` as many as the service handles at once."""

    times: int
    _driver: Driver | None = field(default=None, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._driver = Driver(saturating(target, self.times), target.stack.placement.others).__enter__()

    def evidence(self, target: FaultTarget) -> Evidence:
        if self._driver is None:
            return NOT_INJECTED
        attempts = self._driver.stop().records
        target.attempts.extend(attempts)
        slowest = max((attempt.seconds for attempt in attempts if attempt.status == OK), default=0.0)
        answered = sum(attempt.status == OK for attempt in attempts)
        shed = sum(attempt.status in SHED for attempt in attempts)
        return Evidence(
            len(attempts) > 0, f"{answered} requests answered, the slowest after {slowest:.1f} s, {shed} shed"
        )

    def lift(self, target: FaultTarget) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.__exit__()


def saturating(target: FaultTarget, times: int) -> Load:
    """A closed loop of `times` as many clients as the service handles at once."""
    settings = target.service.settings
    clients = times * int(settings["WORKERS"]) * int(settings["IN_FLIGHT"])
    return Load(target.name, target.port, "overload", readers=clients, patchers=0, orderers=0, uncached=True)
