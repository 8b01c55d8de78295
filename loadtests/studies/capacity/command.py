"""Measures capacity, writes it after every step, and prints it."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from loadtests.analysis.limit import SERVICE
from loadtests.report.numbers import MINUTE_S, time_left
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line
from loadtests.runner.folders import study_folder
from loadtests.runner.ledgers import describe_study, read_ledgers
from loadtests.schema.capacity import Capacity, Document, Step
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan
from loadtests.studies.capacity.options import Options
from loadtests.studies.capacity.output import said_of, show
from loadtests.studies.capacity.schedule import capacity_of, next_load
from loadtests.studies.capacity.step import Load, Stepper
from loadtests.targets.base import Target
from loadtests.targets.registry import TARGETS

FILE: Final = "capacity.json"
STEPS: Final = "steps"


class CapacityRun:
    """Measures the combinations; prints the time left, and writes the document after every step."""

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
            say(f"  {said_of(steps[-1])}")
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
        say(f"results go to {folder}; about {minutes:.0f} min of load for {len(plan.names)} combinations")
        with TARGETS[plan.stack](plan, say) as target:
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
