"""Measures capacity, writes the document after every step, and prints it."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadtests.analysis.limit import SERVICE
from loadtests.report.numbers import MINUTE_S, MISSING, time_left
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line, describe_study, read_ledgers
from loadtests.runner.folders import study_folder
from loadtests.schema.capacity import Capacity, Cost, Document, Prediction, Step
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan
from loadtests.studies.capacity.options import Options
from loadtests.studies.capacity.schedule import capacity_of, next_load
from loadtests.studies.capacity.step import Load, Stepper
from loadtests.targets.base import Target
from loadtests.targets.registry import TARGETS

FILE: Final = "capacity.json"
STEPS: Final = "steps"


class CapacityRun:
    """Measures the combinations, prints the time left, and writes the document after every step."""

    def __init__(self, options: Options, plan: Plan, folder: Path, run: dict[str, Any]) -> None:
        self._options = options
        self._plan = plan
        self._folder = folder
        self._started = time.monotonic()
        self._done: list[Capacity] = []
        self._document = Document(
            schema=1,
            kind="capacity",
            started_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            command=command_line(),
            complete=False,
            objectives_ms=dict(options.objectives),
            mix=options.mix,
            law_mix=options.law_mix,
            resolution=options.resolution,
            step_s=options.step_s,
            combinations=[],
            run=run,
            tolerance=options.tolerance,
        )

    def measure(self, target: Target) -> Document:
        steps = self._folder / STEPS
        steps.mkdir()
        stepper = Stepper(target, self._plan, steps, self._options, self._document.run["ledger"])
        for name in self._plan.names:
            self._combination(stepper, name, target.cores.get(SERVICE, 1))
        return self._save(self._done, complete=True)

    def _combination(self, stepper: Stepper, name: str, cores: int) -> None:
        steps: list[Step] = []
        while load := next_load(steps, self._options):
            say(f"{name}, step {len(steps) + 1}: {_named(load)}; {self._left(len(steps))}")
            steps.append(stepper.take(name, len(steps) + 1, load))
            say(f"  {outcome_of(steps[-1])}")
            self._save([*self._done, capacity_of(name, steps, self._options, cores)])
        self._done.append(capacity_of(name, steps, self._options, cores))

    def _save(self, combinations: list[Capacity], complete: bool = False) -> Document:
        document = replace(self._document, combinations=combinations, complete=complete)
        write_json(self._folder / FILE, document)
        return document

    def _left(self, steps: int) -> str:
        each = self._options.expected_s()
        if self._done:
            each = (time.monotonic() - self._started) / (len(self._done) + steps / 25)
        left = each * len(self._plan.names) - (time.monotonic() - self._started)
        return f"about {time_left(max(0.0, left))}"


def measure(options: Options, plan: Plan) -> int:
    with study_folder(plan.results, plan.profile_name) as folder:
        minutes = options.expected_s() * len(plan.names) / MINUTE_S
        with TARGETS[plan.stack](plan, say) as target:
            say(f"results go to {folder}; about {minutes:.0f} min of load for {len(plan.names)} combinations")
            run = describe_study(target, plan, read_ledgers(target, plan, say))
            document = CapacityRun(options, plan, folder, run).measure(target)
    if options.json:
        write_json(options.json, document)
    show(document, console())
    print(f"\nResults: {folder / FILE}")
    return 0


def _named(load: Load) -> str:
    if load.rate is None:
        return f"{load.visitors} at once, {load.seconds:g} s"
    again = "once more " if load.part == "confirm" else ""
    return f"{load.rate} req/s {again}for {load.seconds:g} s"


OUTCOMES: Final = {"held": "green", "broken": "red", "void": "yellow"}
NO_COST: Final = Cost(None, None, {}, None)
PARTS: Final = {
    "warm-up": "warm-up, not judged",
    "search": "open",
    "confirm": "open, second pass",
    "concurrency": "closed",
}


def outcome_of(step: Step) -> str:
    p95 = step.latency_ms.get("p95")
    latency = MISSING if p95 is None else f"{p95:.1f} ms"
    reasons = f": {'; '.join(step.reasons)}" if step.reasons else ""
    return f"{step.throughput_rps:.0f} req/s, p95 {latency}, {step.outcome}{reasons}"


def show(document: Document, console: Console) -> None:
    limits = ", ".join(f"{route} {limit:g} ms" for route, limit in document.objectives_ms.items())
    console.print(_summary(document.combinations, f"Highest rate with p95 at most: {limits}; {document.tolerance}"))
    for capacity in document.combinations:
        console.print(_curve(capacity))
        for step in (step for step in capacity.steps if step.void):
            console.print(f"void: {_load_of(step)}: {'; '.join(step.void)}", style="red", markup=False)
        console.print(f"{capacity.combination}: {_law(capacity)}\n", markup=False, highlight=False)


def _summary(capacities: Sequence[Capacity], title: str) -> Table:
    table = Table("", title=title, title_justify="left")
    for capacity in capacities:
        table.add_column(capacity.combination, justify="right")
    costs = [capacity.cost or NO_COST for capacity in capacities]
    table.add_row("req/s that held twice", *map(_rate, capacities))
    table.add_row("req/s that broke", *(_number(capacity.broke_at_rps, 0) for capacity in capacities))
    table.add_row("req/s per core of service CPU", *(_number(cost.rps_per_service_core, 0) for cost in costs))
    table.add_row("req/s per core in all, without k6", *(_number(cost.rps_per_core_in_all, 0) for cost in costs))
    provided = [_number(cost.service_cores_to_provide, 2) for cost in costs]
    table.add_row("service cores to provide for 1,000 req/s", *provided)
    for program in dict.fromkeys(name for cost in costs for name in cost.cores_per_1000_rps):
        used = [_number(cost.cores_per_1000_rps.get(program), 2) for cost in costs]
        table.add_row(f"  cores of CPU used: {program}", *used)
    table.add_row("what was full when it broke", *(capacity.limited_by for capacity in capacities))
    return table


def _curve(capacity: Capacity) -> Table:
    table = Table(title=f"{capacity.combination}: latency by load", title_justify="left")
    for column in ("part", "load", "req/s", "p50 ms", "p95 ms", "p99 ms", "service cores", "k6 cores", ""):
        table.add_column(column, justify="left" if column in ("part", "") else "right")
    for step in sorted(capacity.steps, key=lambda step: (step.part, step.rate_rps or step.concurrency or 0)):
        latency = [_number(step.latency_ms.get(name), 1) for name in ("p50", "p95", "p99")]
        cores = [_number(step.cpu_cores.get(name), 2) for name in ("service", "k6")]
        word = Text(step.outcome, style=OUTCOMES[step.outcome])
        table.add_row(PARTS[step.part], _load_of(step), _number(step.throughput_rps, 0), *latency, *cores, word)
    return table


def _load_of(step: Step) -> str:
    return f"{step.rate_rps}/s" if step.rate_rps else f"{step.concurrency} at once"


def _law(capacity: Capacity) -> str:
    law = capacity.usl
    if law is None:
        return "no Universal Scalability Law: CONCURRENCY=none"
    if law.refused:
        return f"no Universal Scalability Law: {law.refused}"
    parts = ", ".join(
        f"{name} {estimate.value:.3g} ({estimate.low:.3g} to {estimate.high:.3g})"
        for name, estimate in law.parameters.items()
    )
    peak = f"throughput peaks at {law.peak_at:.0f} at once" if law.peak_at else "no decline was shown"
    lines = [f"Universal Scalability Law: {parts}; {peak}", *map(_prediction, capacity.predictions)]
    return "\n  ".join(lines)


def _prediction(prediction: Prediction) -> str:
    word = "inside" if prediction.inside else "OUTSIDE"
    return (
        f"{prediction.concurrency} at once was not fitted: predicted {prediction.predicted_rps:.0f} req/s "
        f"({prediction.low:.0f} to {prediction.high:.0f}), measured {prediction.measured_rps:.0f} "
        f"({prediction.error:+.0%}, {word} the interval)"
    )


def _rate(capacity: Capacity) -> str:
    if capacity.rate_rps is None:
        return "none"
    return f"at least {capacity.rate_rps}" if capacity.at_least else str(capacity.rate_rps)


def _number(value: float | None, places: int) -> str:
    return MISSING if value is None else f"{value:,.{places}f}"
