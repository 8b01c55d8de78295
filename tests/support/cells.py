"""Cells measured by the runner on the shared stack or on known services."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from compose.local.stack import Stack
from loadtests.analysis.void import RULES
from loadtests.observe.idle import QUIET_SHARE
from loadtests.observe.window import MEASURED
from loadtests.runner.starts import Starts
from loadtests.schema.plan import Plan, make_plan
from loadtests.schema.result import Result
from loadtests.schema.run import Ledger
from loadtests.targets.base import Say, Target
from loadtests.targets.k6 import k6_version
from loadtests.targets.local import LocalTarget
from loadtests.targets.running import RunningTarget
from tests.support.k6_runs import combinations_file
from tests.support.known_service import KnownService
from tests.support.waiting import wait_until

# Rules that other load on the machine can break.
NOISE = frozenset({"load generator", "warm-up drift"})
TRIES = 3
SETTLE_S = 0.5
SMALL_LOAD = {"DURATION": "2", "VUS": "5", "THINK": "0.1"}


class OwnTarget(LocalTarget):
    """The shared stack; its services have one worker by default."""

    def __init__(self, stack: Stack, **environment: str) -> None:
        super().__init__(stack)
        self._environment = {"WORKERS": "1", **environment}

    def environment(self, name: str) -> dict[str, str]:  # noqa: ARG002 (the same for all)
        return self._environment


def restart(stack: Stack, names: Collection[str]) -> None:
    """All at once, with their own settings."""
    with closing(LocalTarget(stack)) as target:
        target.prepare(list(names), restore=False)


def plan_of(stack: Stack, folder: Path, *names: str) -> Plan:
    return make_plan("smoke", port_base=stack.options.port_base, results=folder, combinations=",".join(names))


def starts_of(target: Target, plan: Plan, folder: Path, on_begin: Say = lambda _: None) -> Starts:
    return Starts(target, plan, folder, k6_version(), SETTLE_S, on_begin=on_begin)


def measured(
    stack: Stack,
    folder: Path,
    name: str,
    load: Mapping[str, str],
    ledger: Ledger | None = None,
    injected: Sequence[str] = (),
    **environment: str,
) -> Result:
    """One cell of the shared stack; `load` adds variables to SMALL_LOAD."""
    target = OwnTarget(stack, **environment)
    try:
        starts = starts_of(target, plan_of(stack, folder, name), folder)
        ledgers = {name: ledger} if ledger else {}
        return starts.measure_alone(name, 1, ledgers, {**SMALL_LOAD, **load}, injected)
    finally:
        target.close()


def measured_service(
    folder: Path, service: KnownService, target: type[RunningTarget] = RunningTarget, **load: str
) -> Result:
    file = combinations_file(folder, [service])
    plan = make_plan("smoke", stack="none", results=folder, combinations=str(file))
    return starts_of(target(plan), plan, folder).measure_alone(service.name or "sync", 1, {}, {**SMALL_LOAD, **load})


def begin_of(log: Path) -> float:
    """Start of the measured window in seconds since the epoch, once k6 has logged it."""
    wait_until(lambda: log.exists() and MEASURED.search(log.read_text()), "k6 has begun", 60)
    match = MEASURED.search(log.read_text())
    assert match
    return float(match[2]) / 1000


def sleep_until(at: float) -> None:
    """`at` is a time of `time.time`; a past one returns at once."""
    time.sleep(max(0.0, at - time.time()))


def broken_rules(result: Result) -> dict[str, str]:
    """Void rules that the cell breaks: name and reason."""
    return {rule.name: reason for rule in RULES if (reason := rule.reason(result))}


def undisturbed(measure: Callable[[], Result]) -> Result:
    """Repeat up to TRIES times while only NOISE rules are broken and other processes use the cores."""
    for _ in range(TRIES - 1):
        result = measure()
        broken = broken_rules(result).keys()
        if not broken or broken - NOISE or used_by_others(result) <= QUIET_SHARE:
            return result
    return measure()


def used_by_others(result: Result) -> float:
    """Mean number of cores used by processes outside the cell."""
    assert result.server is not None
    assert result.server.core_use
    busy = sum(core.busy for core in result.server.core_use.values())
    return busy - sum(program.cpu_s for program in result.server.programs.values()) / result.duration_s
