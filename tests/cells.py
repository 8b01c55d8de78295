"""Cells of a test's own, measured by the runner's own code on the shared stack or on known services."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from compose.local import Stack
from loadtests.cell import Cells
from loadtests.generator import k6_version
from loadtests.ledger import Ledger
from loadtests.local_target import LocalTarget
from loadtests.plan import Plan, read_plan
from loadtests.results_schema import Result
from loadtests.running_target import RunningTarget
from loadtests.targets import Target
from loadtests.void_rules import RULES
from tests.k6_runs import combinations_file
from tests.known_service import KnownService

# Rules that a machine which is busy with something else may break by itself.
NOISE = frozenset({"load generator", "warm-up drift"})
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
    base = str(stack.options.port_base)
    words = ["--profile", "smoke", "--port-base", base, "--results", str(folder), "--combinations", ",".join(names)]
    return read_plan(words)


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
    plan = read_plan(["--profile", "smoke", "--stack", "none", "--results", str(folder), "--combinations", str(file)])
    cells = cells_of(target(plan), plan, folder)
    return cells.measure(service.name or "sync", 1, None, {**SMALL_LOAD, **load})


def broken_rules(result: Result) -> dict[str, str]:
    """The rules that a cell breaks, with their reasons."""
    return {rule.name: reason for rule in RULES if (reason := rule.reason(result))}


def unexpected(result: Result) -> dict[str, str]:
    """What a clean cell may not break; a machine that was not quiet excuses what noise alone breaks."""
    server = result.server
    noisy = server is not None and server.settled is not None and not server.settled.quiet
    return {name: why for name, why in broken_rules(result).items() if not (noisy and name in NOISE)}
