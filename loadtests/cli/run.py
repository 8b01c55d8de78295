"""Measures the matrix in rounds and compares it: python -m loadtests.run."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from loadtests.cli.compare import main as compare
from loadtests.cli.exit_status import ended
from loadtests.dashboard import watched
from loadtests.observe.ledger.check import libraries, read_ledgers
from loadtests.runner.cell import Cells, write
from loadtests.runner.environment import describe_checkout, describe_host
from loadtests.runner.folders import (
    is_there,
    keep,
    make_latest,
    new_folder,
    read_run,
    refuse_other_ledgers,
    refuse_other_plan,
    resumed_folder,
)
from loadtests.runner.progress import Progress
from loadtests.schema.design import orders, williams_square
from loadtests.schema.plan import Plan, read_plan
from loadtests.schema.profiles import STUDIES
from loadtests.schema.run import RUN_FILE
from loadtests.targets.base import Target
from loadtests.targets.registry import ROADS, Road


def main(arguments: Sequence[str] | None = None, road: Road | None = None) -> int:
    """Measures, compares, says where the results are; 130 when it was interrupted.

    `road` leads to the services in place of the plan's stack.
    """
    return ended("run", lambda: _study(arguments, road), "finished cells are kept, RESUME=newest goes on")


def _study(arguments: Sequence[str] | None, road: Road | None) -> int:
    plan = read_plan(arguments)
    if study := STUDIES.get(plan.profile_name):
        return int(import_module(study).main(arguments))
    return _run(plan, road or ROADS[plan.stack])


def _run(plan: Plan, road: Road) -> int:
    run = describe_run(plan)
    folder = resumed_folder(plan) if plan.resume else new_folder(plan.results, plan.profile_name)
    earlier = read_run(folder) if plan.resume else None
    if earlier:
        refuse_other_plan(folder, earlier, run)
    progress = Progress(plan.rounds * len(plan.names))
    progress.say(f"results go to {folder}")
    square = len(williams_square(len(plan.names)))
    if plan.rounds % square and plan.rounds > 1:
        progress.say(f"{plan.rounds} rounds: in multiples of {square} each combination follows each equally often")
    try:
        with road(plan, progress.say) as target:
            run |= {"ledger": read_ledgers(target, plan, progress.say)}
            run |= {"versions": target.versions() | libraries(run["ledger"])}
            if earlier:
                refuse_other_ledgers(folder, earlier["ledger"], run["ledger"])
                run["started_at"] = earlier["started_at"]
            write(folder / RUN_FILE, run)
            _measure_all(target, plan, folder, progress, run)
            write(folder / RUN_FILE, {**run, "finished": True})
    finally:
        progress.end()
        keep(folder)
    return _compare(plan, folder)


def _measure_all(target: Target, plan: Plan, folder: Path, progress: Progress, run: dict[str, Any]) -> None:
    cells = Cells(target, plan, folder, run["versions"]["k6"])
    if plan.watch:
        progress.say(f"watch the load at http://127.0.0.1:{plan.watch} while a cell runs; it costs k6 CPU time")
    progress.begin()
    for number, names in enumerate(orders(plan.names, plan.rounds), 1):
        for name in names:
            if plan.resume and is_there(folder, name, number):
                progress.skipped()
                continue
            progress.starts(number, plan.rounds, name)
            with watched(plan.watch, folder / f"{name}.k6.log", progress.say) as variables:
                progress.finished(cells.measure(name, number, run["ledger"][name], variables))


def _compare(plan: Plan, folder: Path) -> int:
    status = 0
    if len(plan.names) > 1:
        status = compare([str(folder), "--report"])
        make_latest(folder)
    else:
        print(f"Not compared: {plan.names[0]} was measured alone.")
    print(f"\nResults: {folder}")
    return status


def describe_run(plan: Plan) -> dict[str, Any]:
    """Gives what run.json says of a run before its services are there."""
    return {
        "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finished": False,
        "profile": plan.profile_name,
        "rounds": plan.rounds,
        "stack": plan.stack,
        "workers": plan.workers,
        "combinations": plan.names,
        "load": plan.passed_on,
        **plan.hashes,
        "host": describe_host(),
        **describe_checkout(),
    }


if __name__ == "__main__":
    sys.exit(main())
