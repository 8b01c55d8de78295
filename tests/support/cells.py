"""Cells of a test's own, measured by the runner's own code on the shared stack or on known services."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from compose.local.stack import Stack
from loadtests.analysis.void import RULES
from loadtests.observe.idle import QUIET_SHARE
from loadtests.observe.window import BOUNDS
from loadtests.runner.cell import Cells
from loadtests.schema.plan import Plan, make_plan
from loadtests.schema.result import Result
from loadtests.schema.run import Ledger
from loadtests.targets.base import Target
from loadtests.targets.k6 import k6_version
from loadtests.targets.local import LocalTarget
from loadtests.targets.running import RunningTarget
from tests.support.k6_runs import combinations_file
from tests.support.known_service import KnownService
from tests.support.waiting import wait_until

# Rules that a machine which is busy with something else may break by itself.
NOISE = frozenset({"load generator", "warm-up drift"})
TRIES = 3
SETTLE_S = 0.5
SMALL_LOAD = {"DURATION": "2", "VUS": "5", "THINK": "0.1"}


class OwnTarget(LocalTarget):
    """The shared stack, its services with one worker unless a test says otherwise."""

    def __init__(self, stack: Stack, **environment: str) -> None:
        super().__init__(stack)
        self._environment = {"WORKERS": "1", **environment}

    def prepare(self, name: str, restore: bool) -> None:
        """Gives a combination fresh processes with the test's settings, and an empty cache."""
        self.forget(name)
        if restore:
            self._stack.restore(name)
        self._stack.service(name).restart(self._environment)


def plan_of(stack: Stack, folder: Path, *names: str) -> Plan:
    """A smoke plan for the shared stack."""
    return make_plan("smoke", port_base=stack.options.port_base, results=folder, combinations=",".join(names))


def cells_of(target: Target, plan: Plan, folder: Path) -> Cells:
    """The runner's cells, with results in this folder."""
    return Cells(target, plan, folder, k6_version(), SETTLE_S)


def measured(
    stack: Stack,
    folder: Path,
    name: str,
    load: Mapping[str, str],
    ledger: Ledger | None = None,
    injected: Sequence[str] = (),
    **environment: str,
) -> Result:
    """One cell of the shared stack under a load of the test's own."""
    target = OwnTarget(stack, **environment)
    try:
        cells = cells_of(target, plan_of(stack, folder, name), folder)
        return cells.measure(name, 1, ledger, {**SMALL_LOAD, **load}, injected)
    finally:
        target.close()


def measured_service(
    folder: Path, service: KnownService, target: type[RunningTarget] = RunningTarget, **load: str
) -> Result:
    """One cell of a known service."""
    file = combinations_file(folder, [service])
    plan = make_plan("smoke", stack="none", results=folder, combinations=str(file))
    cells = cells_of(target(plan), plan, folder)
    return cells.measure(service.name or "sync", 1, None, {**SMALL_LOAD, **load})


def begin_of(log: Path) -> float:
    """When the measured time begins, in seconds of the epoch, as k6 says when its first visitor arrives."""
    wait_until(lambda: log.exists() and BOUNDS.search(log.read_text()), "k6 has begun", 60)
    found = BOUNDS.search(log.read_text())
    assert found
    return float(found[1]) / 1000


def sleep_until(at: float) -> None:
    """Returns at this time of the clock, or at once when it is over."""
    time.sleep(max(0.0, at - time.time()))


def broken_rules(result: Result) -> dict[str, str]:
    """The rules that a cell breaks, with their reasons."""
    return {rule.name: reason for rule in RULES if (reason := rule.reason(result))}


def undisturbed(measure: Callable[[], Result]) -> Result:
    """A cell that is measured again, `TRIES` times in all, while others have the cores and noise alone breaks rules."""
    for _ in range(TRIES - 1):
        result = measure()
        broken = broken_rules(result).keys()
        if not broken or broken - NOISE or used_by_others(result) <= QUIET_SHARE:
            return result
    return measure()


def used_by_others(result: Result) -> float:
    """How many cores others than the cell's own programs used while it was measured."""
    assert result.server is not None
    assert result.server.core_use
    busy = sum(core.busy for core in result.server.core_use.values())
    return busy - sum(one.cpu_s for one in result.server.programs.values()) / result.duration_s
