"""How much of its server's speed each combination keeps: one product, in turns with a bare constant answer."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import sample
from statistics import geometric_mean
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table

from compose.local import ports
from compose.local.options import StackOptions
from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.analysis.batches import Cells
from loadtests.analysis.effects import Effect, Samples, contrast
from loadtests.analysis.head_to_head import head_to_head, void_parts
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line, describe_checkout, describe_host
from loadtests.runner.starts import Starts
from loadtests.schema.files import write_json
from loadtests.schema.plan import make_plan
from loadtests.studies.ceiling.app import PATH
from loadtests.targets.base import TargetError
from loadtests.targets.k6 import k6_version
from loadtests.targets.local import LocalTarget

TWINS: Final = ("sync", "async")
COMBINATIONS: Final = ("sync", "sync-cached", "async", "async-cached")


def ceiling_of(name: str) -> str:
    """The combination with the constant answer on this service's server: its ceiling."""
    return f"{name.partition('-')[0]}-ceiling"


NAMES: Final = (*COMBINATIONS, *(ceiling_of(twin) for twin in TWINS))


class Ceiling(Service):
    """Ready as soon as its port is open."""

    def __init__(self, stack: Stack, twin: str) -> None:
        name, port = ceiling_of(twin), ports.free()
        settings = stack.service(twin).settings | {"BIND": f"{ports.LOOPBACK}:{port}", "COMBINATION": name}
        super().__init__(name, port, settings, stack.directory / name, stack.placement.services)
        self.program = ["loadtests.studies.ceiling.app", twin]

    def ready(self) -> bool:
        return ports.taken(self.port)


class CeilingTarget(LocalTarget):
    def database(self, name: str) -> str:
        """A constant answer has no database, so this is the one of its server's service."""
        return super().database(name if name in COMBINATIONS else name.partition("-")[0])


@contextmanager
def ceiling_target(stack: Stack) -> Iterator[CeilingTarget]:
    stack.services.update({ceiling_of(twin): Ceiling(stack, twin) for twin in TWINS})
    try:
        with closing(CeilingTarget(stack)) as target:
            yield target
    finally:
        for twin in TWINS:
            stack.services.pop(ceiling_of(twin)).stop()


ROUTE: Final = "one_product"
WARM_UP: Final = "600"
SETTLE_S: Final = 2.0
# A share is the constant answer's figure divided by the service's, for both.
SHARES: Final = ("service_cpu", "latency_avg")
FIGURES: Final = (*SHARES, "throughput")


def bench(starts: int, seconds: float, port_base: int, json: Path | None) -> int:
    """Measures, prints the table and writes the figures; raises StackError, TargetError and GeneratorFailed."""
    run = describe_run(command_line())
    with Stack(StackOptions(workers=1, port_base=port_base, progress=say)) as stack, ceiling_target(stack) as target:
        document = report(list(measure(target, starts, seconds)))
        run["versions"] = target.versions()
    show(document)
    if json:
        write_json(json, {"starts": starts, "turns_s": seconds, "run": run} | document)
    return 0


def describe_run(command: str) -> dict[str, Any]:
    return {
        "started_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "command": command,
        "host": describe_host(),
        **describe_checkout(),
    }


def measure(target: CeilingTarget, starts: int, seconds: float, warm_up: str = WARM_UP) -> Iterator[Cells]:
    """Measures all combinations and both constant answers in each start; raises TargetError and GeneratorFailed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        services, routes = folder / "services.json", folder / "routes.json"
        entries = [{"name": each, "url": target.url(each), "expect": each, "ready": PATH} for each in NAMES]
        services.write_bytes(msgspec.json.encode(entries))
        routes.write_bytes(msgspec.json.encode([{"name": ROUTE, "path": PATH}]))
        plan = make_plan("smoke", combinations=str(services), stack="none", load={"ROUTES": str(routes)})
        runner = Starts(target, plan, folder, k6_version(), SETTLE_S)
        load = {"TURNS": f"{seconds:g}", "DURATION": "0", "WARM_UP_REQUESTS": warm_up}
        for number in range(1, starts + 1):
            say(f"start {number} of {starts}")
            target.prepare(sample(NAMES, len(NAMES)), restore=False)
            yield runner.measure(NAMES, number, variables=load, fresh=False)


def report(rounds: list[Cells]) -> dict[str, Any]:
    """Figures of each service, and its shares of the ceiling with intervals; raises TargetError if all is void."""
    turns = head_to_head(rounds)
    if turns is None or turns.is_void:
        reasons = sorted({batch.reason for batch in turns.void}) if turns else []
        raise TargetError(f"too many batches are void, this needs a quiet machine: {'; '.join(reasons)}")
    samples = turns.mix
    return {
        "path": PATH,
        "services": {name: {metric: _mean(samples, name, metric) for metric in FIGURES} for name in NAMES},
        "of_the_ceiling": {name: {metric: share(samples, name, metric) for metric in SHARES} for name in COMBINATIONS},
        "void_batches": len(void_parts(turns.void)),
    }


def share(samples: Samples, name: str, metric: str) -> Effect:
    return contrast(samples, metric, {ceiling_of(name): -1.0, name: 1.0})


def _mean(samples: Samples, name: str, metric: str) -> float | None:
    known = [value for unit in samples.units if (value := unit[name].get(metric))]
    return geometric_mean(known) if known else None


def show(document: dict[str, Any]) -> None:
    table = Table("", "CPU ms/req", "share of its ceiling", "avg ms", "share", "req/s")
    for name, figures in sorted(document["services"].items()):
        cpu, latency = (_written(document["of_the_ceiling"].get(name, {}).get(metric)) for metric in SHARES)
        table.add_row(
            name,
            f"{figures['service_cpu'] or 0:.3f}",
            cpu,
            f"{figures['latency_avg']:.2f}",
            latency,
            f"{figures['throughput']:.0f}",
        )
    Console().print(table)


def _written(effect: Effect | None) -> str:
    if effect is None or effect.ratio is None:
        return "1"
    interval = "" if effect.low is None or effect.high is None else f" ({effect.low:.2f}-{effect.high:.2f})"
    return f"{effect.ratio:.2f}{interval}"
