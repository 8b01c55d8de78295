"""Measures a matrix: every combination once in each round, with fresh services for each cell."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from loadtests.runner.cell import Cells
from loadtests.runner.environment import describe_checkout, describe_host
from loadtests.runner.folders import is_there, keep, new_folder, refuse_other_ledgers, refuse_other_plan, resumed_folder
from loadtests.runner.ledgers import libraries, read_ledgers
from loadtests.runner.progress import Progress
from loadtests.schema.design import orders, williams_square
from loadtests.schema.files import read_json, write_json
from loadtests.schema.plan import Plan
from loadtests.schema.run import RUN_FILE
from loadtests.targets.base import Target
from loadtests.targets.registry import TARGETS, OpenTarget

# Of a run that goes on.
KEPT: Final = ("run_id", "started_at")


def measure_matrix(plan: Plan, open_target: OpenTarget | None = None) -> Path:
    """The folder of the results; `open_target` reaches the services in place of the plan's stack.

    Raises UnusableInput, StackError, TargetError and GeneratorFailed; finished cells are kept.
    """
    run = describe_run(plan)
    folder = resumed_folder(plan) if plan.resume else new_folder(plan.results, plan.profile_name)
    earlier = read_json(folder / RUN_FILE, dict[str, Any]) if plan.resume else None
    if earlier:
        refuse_other_plan(folder, earlier, run)
    progress = Progress(plan.rounds * len(plan.names))
    progress.say(f"results go to {folder}")
    square = len(williams_square(len(plan.names)))
    if plan.rounds % square and plan.rounds > 1:
        progress.say(f"{plan.rounds} rounds: in multiples of {square} each combination follows each equally often")
    try:
        with (open_target or TARGETS[plan.stack])(plan, progress.say) as target:
            run |= {"ledger": read_ledgers(target, plan, progress.say)}
            run |= {"versions": target.versions() | libraries(run["ledger"]), "images": target.images()}
            if earlier:
                refuse_other_ledgers(folder, earlier["ledger"], run["ledger"])
                run |= {name: earlier[name] for name in KEPT if name in earlier}
            write_json(folder / RUN_FILE, run)
            _measure_all(target, plan, folder, progress, run)
            write_json(folder / RUN_FILE, {**run, "finished": True})
    finally:
        progress.end()
        keep(folder)
    return folder


def _measure_all(target: Target, plan: Plan, folder: Path, progress: Progress, run: dict[str, Any]) -> None:
    cells = Cells(target, plan, folder, run["versions"]["k6"], run=run)
    progress.begin()
    for number, names in enumerate(orders(plan.names, plan.rounds), 1):
        for name in names:
            if plan.resume and is_there(folder, name, number):
                progress.skipped()
                continue
            progress.starts(number, plan.rounds, name)
            progress.finished(cells.measure(name, number, run["ledger"][name]))


def describe_run(plan: Plan) -> dict[str, Any]:
    return {
        "run_id": secrets.token_hex(8),
        "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finished": False,
        "profile": plan.profile_name,
        "rounds": plan.rounds,
        "stack": plan.stack,
        "workers": plan.workers,
        "combinations": plan.names,
        "load": dict(plan.load),
        **plan.hashes,
        "host": describe_host(),
        **describe_checkout(),
    }
