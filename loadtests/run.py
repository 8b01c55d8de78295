"""Measures the matrix in rounds and compares it: python -m loadtests.run."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeAlias

from compose.failures import StackError
from loadtests.cell import measure, write
from loadtests.compare import main as compare
from loadtests.compose_target import compose_target
from loadtests.generator import GeneratorFailed
from loadtests.host import describe_host
from loadtests.local_target import local_target
from loadtests.plan import Plan, UnusableInput, read_plan
from loadtests.progress import Progress
from loadtests.result_folders import keep, new_folder
from loadtests.rounds import orders
from loadtests.run_description import RUN_FILE
from loadtests.running_target import RunningTarget
from loadtests.targets import Target, TargetError

Say: TypeAlias = Callable[[str], None]

BROKEN: Final = 1
UNUSABLE_INPUT: Final = 2
INTERRUPTED: Final = 130


@contextmanager
def running_target(plan: Plan, say: Say) -> Iterator[RunningTarget]:
    """Gives what runs already."""
    say("measuring what is running")
    yield RunningTarget(plan)


ROADS: Final[Mapping[str, Callable[[Plan, Say], AbstractContextManager[Target]]]] = {
    "local": local_target,
    "compose": compose_target,
    "none": running_target,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, compares, says where the results are; 130 when it was interrupted."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        plan = read_plan(arguments)
        return _run(plan)
    except UnusableInput as error:
        return _fail(str(error), UNUSABLE_INPUT)
    except StackError as error:
        return _fail(f"{error}\n{error.log}".strip(), error.status)
    except (GeneratorFailed, TargetError) as error:
        return _fail(str(error), BROKEN)
    except KeyboardInterrupt:
        return _fail("interrupted; finished cells are kept", INTERRUPTED)


def _run(plan: Plan) -> int:
    folder = new_folder(plan.results, plan.profile_name)
    progress = Progress(plan.rounds * len(plan.names))
    progress.say(f"results go to {folder}")
    try:
        with ROADS[plan.stack](plan, progress.say) as target:
            versions = target.versions()
            write(folder / RUN_FILE, _description(plan, versions))
            _measure_all(target, plan, folder, progress, versions["k6"])
    finally:
        progress.end()
        keep(folder)
    return _compare(plan, folder)


def _measure_all(target: Target, plan: Plan, folder: Path, progress: Progress, k6: str) -> None:
    progress.begin()
    for number, names in enumerate(orders(plan.names, plan.rounds), 1):
        for name in names:
            progress.starts(number, plan.rounds, name)
            progress.finished(measure(target, plan, name, number, folder, k6))


def _compare(plan: Plan, folder: Path) -> int:
    status = 0
    if len(plan.names) > 1:
        status = compare([str(folder)])
    else:
        print(f"Not compared: {plan.names[0]} was measured alone.")
    print(f"\nResults: {folder}")
    return status


def _description(plan: Plan, versions: dict[str, str]) -> dict[str, Any]:
    return {
        "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "profile": plan.profile_name,
        "rounds": plan.rounds,
        "combinations": plan.names,
        "stack": plan.stack,
        "workers": plan.workers,
        "load": plan.passed_on,
        "host": describe_host(),
        "versions": versions,
    }


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _fail(line: str, status: int) -> int:
    print(f"run: {line}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
