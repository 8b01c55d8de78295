"""Measures a matrix: in each start all combinations, with fresh services."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtests.runner.environment import describe_checkout, describe_host
from loadtests.runner.folders import keep
from loadtests.runner.ledgers import libraries, read_ledgers
from loadtests.runner.progress import Progress
from loadtests.runner.starts import Starts
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan, lasting
from loadtests.schema.run import RUN_FILE
from loadtests.targets.base import Target
from loadtests.targets.k6 import VoidStart
from loadtests.targets.registry import TARGETS, OpenTarget


def measure_matrix(plan: Plan, folder: Path, open_target: OpenTarget | None = None) -> None:
    """`folder` gets the results; `open_target` reaches the services in place of the plan's stack.

    Raises UnusableInput, StackError, TargetError and GeneratorFailed; finished starts are kept, and without one the
    folder is removed.
    """
    run = describe_run(plan)
    progress = Progress(plan.rounds, lasting({**plan.lengths, **plan.load}, len(plan.names)))
    progress.say(f"results go to {folder}")
    try:
        with (open_target or TARGETS[plan.stack])(plan, progress.say) as target:
            run |= {"ledger": read_ledgers(target, plan, progress.say)}
            run |= {"host": target.host() or run["host"]}
            run |= {"versions": target.versions() | libraries(run["ledger"]), "images": target.images()}
            _measure_all(target, plan, folder, progress, run)
    finally:
        progress.end()
        keep(folder)


def _measure_all(target: Target, plan: Plan, folder: Path, progress: Progress, run: dict[str, Any]) -> None:
    starts = Starts(target, plan, folder, run["versions"].get("k6", ""), run=run, told=progress.measures)
    write_json(folder / RUN_FILE, run)
    progress.begin()
    void: VoidStart | None = None
    for number in range(1, plan.rounds + 1):
        progress.starts(number)
        try:
            results = starts.measure(plan.names, number, run["ledger"])
        except VoidStart as error:
            void, results = error, {}
            progress.say(f"start {number} is void: {error}")
        write_json(folder / RUN_FILE, {**run, "measured_s": starts.measured_s, "finished": number == plan.rounds})
        progress.finished(results)
    if void and not any(folder.glob("*.round-*.json")):
        raise void


def describe_run(plan: Plan) -> dict[str, Any]:
    return {
        "run_id": secrets.token_hex(8),
        "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finished": False,
        "profile": plan.profile_name,
        "rounds": plan.rounds,
        "starts": plan.rounds,
        "stack": plan.stack,
        "workers": plan.workers,
        "generators": plan.generators,
        "combinations": plan.names,
        "load": dict(plan.load),
        **plan.hashes,
        "host": describe_host(),
        **describe_checkout(),
    }
