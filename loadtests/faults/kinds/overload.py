"""More clients than a service can handle."""

from collections.abc import Iterator
from contextlib import contextmanager

from loadtests.consistency.failures import SHED
from loadtests.consistency.history import OK
from loadtests.consistency.process import Driver
from loadtests.consistency.workload import Load
from loadtests.faults.fault import Evidence, Look
from loadtests.faults.target import FaultTarget


@contextmanager
def overload(times: int, target: FaultTarget) -> Iterator[Look]:
    """Clients send uncached reports without pauses: `times` as many as the service handles at once."""
    with Driver(saturating(target, times), target.stack.placement.others) as driver:

        def evidence() -> Evidence:
            attempts = driver.stop().records
            target.attempts.extend(attempts)
            slowest = max((attempt.seconds for attempt in attempts if attempt.status == OK), default=0.0)
            answered = sum(attempt.status == OK for attempt in attempts)
            shed = sum(attempt.status in SHED for attempt in attempts)
            line = f"{answered} requests answered, the slowest after {slowest:.1f} s, {shed} shed"
            return Evidence(len(attempts) > 0, line)

        yield evidence


def saturating(target: FaultTarget, times: int) -> Load:
    """A closed loop of `times` as many clients as the service handles at once."""
    settings = target.service.settings
    clients = times * int(settings["WORKERS"]) * int(settings["IN_FLIGHT"])
    return Load(target.name, target.port, "overload", readers=clients, patchers=0, orderers=0, uncached=True)
