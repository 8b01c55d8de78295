"""Looks for stale reads and lost writes under load, with faults of Redis and under broken policies."""

import argparse
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import redis
from rich.console import Console
from rich.table import Table

from compose.local.failures import StackError, unusable
from compose.local.options import StackOptions
from compose.local.progress import Progress
from compose.local.stack import Stack
from loadtests.consistency.check import SHIPPED, Checked, check
from loadtests.consistency.process import DriverFailed
from loadtests.consistency.workload import Load
from loadtests.runner.environment import describe_checkout, describe_host

# A value lives 60 s, give or take a tenth; what a failed invalidation left behind must be gone by then.
LONGEST_LIFETIME: Final = 66.0
HEADS: Final = (
    "", "reads", "writes", "hits", "stale", "oldest", "after failed invalidation", "oldest", "refused", "worst"
)  # fmt: skip
WIDTH: Final = 120
LEGEND: Final = """stale: outside the exceptions. after failed invalidation: Redis had refused an invalidation.
oldest: for how long the oldest data read had been wrong. refused: commands refused by Redis, as the service counts."""


def show(results: Sequence[Checked]) -> None:
    if not results:
        return
    table = Table(*HEADS, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in results:
        table.add_row(_name(each), *_figures(each))
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(table)
    print(LEGEND)
    for each in results:
        for line in each.faults:
            print(f"{_name(each)}: {line}")


def summary(results: Sequence[Checked]) -> list[str]:
    """A line for everything that is wrong."""
    return [f"{_name(each)}: {line}" for each in results for line in _wrong(each)]


def write(file: Path, results: Sequence[Checked]) -> None:
    made = {
        "made_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": shlex.join(["python", "-m", "loadtests.consistency.command", *sys.argv[1:]]),
        **describe_checkout(),
        "host": describe_host(),
    }
    content = made | {"checks": results}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def _name(each: Checked) -> str:
    return f"{each.combination}, {f'Redis {each.redis}' if each.policy == SHIPPED else each.policy}"


def _figures(each: Checked) -> Iterator[str]:
    yield f"{each.reads:,}"
    yield f"{each.writes:,}"
    yield f"{each.states.get('hit', 0) / max(each.reads, 1):.0%}"
    yield f"{each.stale:,}"
    yield f"{each.largest_age_s:.2f} s"
    yield f"{each.failed_drop:,}"
    yield f"{each.failed_drop_largest_age_s:.2f} s"
    yield f"{each.refused:,}"
    yield f"{1000 * each.failures.worst_s:.0f} ms"


def _wrong(each: Checked) -> Iterator[str]:
    if each.policy != SHIPPED:
        if not each.stale:
            yield "it was not detected, so a zero means nothing"
        return
    if each.stale or each.impossible:
        yield f"{each.stale} stale reads, {each.impossible} reads of values never written, such as {each.examples[0]}"
    if each.failed_drop and (each.refused == 0 or each.failed_drop_largest_age_s > LONGEST_LIFETIME):
        yield "stale reads after an invalidation that failed without being counted, or longer than a lifetime ago"
    if each.lost_writes or each.duplicate_orders:
        yield "; ".join((each.lost_writes + each.duplicate_orders)[:3])
    if each.failures.broken:
        yield f"requests that failed in a way that is not allowed: {each.failures}"
    if each.full:
        yield "not everything could be recorded: ask for fewer reads"


CACHED: Final = ("sync-cached", "async-cached")
BROKEN: Final = ("no-stamps", "drop-before-commit", "flight-across-write")
CALM, FAULTS = "calm", "faults"
# Serves a twin under one of the broken policies, in place of the twin's own module.
BROKEN_PROGRAM: Final = "tests.support.broken_policies"
# Broken policies are detected long before so many reads and writes.
BROKEN_SHARE: Final = 10
BROKEN_RULE, INTERRUPTED = 1, 130

EXAMPLES: Final = """
examples:
  python -m loadtests.consistency.command                                   everything: some minutes
  python -m loadtests.consistency.command --policies shipped --redis calm    the shipped policy, Redis undisturbed
  python -m loadtests.consistency.command --reads 2000 --writes 200          a quick look
  python -m loadtests.consistency.command --policies no-stamps --only sync-cached

exit status: 0 when the shipped policy has no stale read and every broken policy was detected, 1 when not, 2 for
unusable options, 130 when interrupted. Exception: reads after an invalidation that Redis refused (counted by
cache_events{event="refused"}), for a value's lifetime at most.
"""


class Task(NamedTuple):
    combination: str
    policy: str
    redis: str


def main(arguments: Sequence[str] | None = None) -> int:
    chosen, progress = parser().parse_args(arguments), Progress()
    results: list[Checked] = []
    try:
        results.extend(run(chosen, tasks_of(chosen), progress))
    except (StackError, DriverFailed) as error:
        return progress.fail(error if isinstance(error, StackError) else StackError(str(error)))
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        progress.end()
        show(results)
        if chosen.json and results:
            write(chosen.json, results)
    lines = summary(results)
    print("\n".join(lines) or "no stale read outside the exceptions, and every broken policy was detected")
    return BROKEN_RULE if lines else 0


def tasks_of(chosen: argparse.Namespace) -> list[Task]:
    """Raises StackError for what cannot be checked."""
    names = _known("--only", chosen.only, CACHED)
    policies = _known("--policies", chosen.policies, (SHIPPED, *BROKEN))
    conditions = _known("--redis", chosen.redis, (CALM, FAULTS))
    if chosen.writes < 1 or chosen.reads < chosen.writes:
        raise unusable("--writes must be 1 or more, and --reads no fewer than that")
    ours = [Task(name, SHIPPED, each) for name in names for each in conditions if SHIPPED in policies]
    return [*ours, *(Task(name, each, CALM) for name in names for each in policies if each != SHIPPED)]


def run(chosen: argparse.Namespace, tasks: Sequence[Task], progress: Progress) -> Iterator[Checked]:
    """Raises StackError or DriverFailed."""
    options = StackOptions(
        workers=chosen.workers,
        port_base=chosen.port_base,
        only=sorted({task.combination for task in tasks}),
        progress=progress,
    )
    with Stack(options) as stack:
        for number, task in enumerate(tasks, 1):
            progress(f"check {number} of {len(tasks)}: {task.combination}, {task.policy}, Redis {task.redis}")
            renew(stack, task.combination, task.policy)
            share = 1 if task.policy == SHIPPED else BROKEN_SHARE
            load = load_of(stack, task.combination, chosen.reads // share, chosen.writes // share)
            yield check(stack, load, task.policy, task.redis == FAULTS, progress)


def renew(stack: Stack, combination: str, policy: str) -> None:
    """Fresh processes under a policy, and an empty Redis."""
    service = stack.service(combination)
    service.stop()
    with closing(redis.Redis.from_url(stack.cache_url)) as client:
        client.flushall()
    twin = combination.partition("-")[0]
    service.program = [f"{twin}_api.serve"] if policy == SHIPPED else [BROKEN_PROGRAM, twin, policy]
    service.start()


def load_of(stack: Stack, combination: str, reads: int, writes: int) -> Load:
    writes = max(writes, 1)
    port = stack.service(combination).port
    return Load(combination, port, "", reads=reads, writes=writes, reads_per_write=max(reads // writes, 1))


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m loadtests.consistency.command",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--only", default=",".join(CACHED), help="combinations (both cached ones)")
    top.add_argument("--policies", default=",".join((SHIPPED, *BROKEN)), help="of shipped, " + ", ".join(BROKEN))
    top.add_argument("--redis", default=f"{CALM},{FAULTS}", help="for the shipped policy: calm, faults (both)")
    top.add_argument("--reads", type=int, default=20_000, help="reads of a check (20000); a broken policy gets a tenth")
    top.add_argument("--writes", type=int, default=2_000, help="writes of a check (2000)")
    top.add_argument("--workers", type=int, default=2, help="processes of each service (2)")
    base = int(os.environ.get("PORT_BASE") or 8000)
    top.add_argument("--port-base", type=int, default=base, help=f"services listen behind this port ({base})")
    top.add_argument("--json", type=Path, help="also write the results to this file")
    return top


def _known(option: str, text: str, known: Sequence[str]) -> list[str]:
    words = [word for word in text.split(",") if word]
    wrong = [word for word in words if word not in known]
    if wrong or not words:
        raise unusable(f"{option}: {(wrong or ['nothing'])[0]!r} is not known: choose from {', '.join(known)}")
    return words


if __name__ == "__main__":
    sys.exit(main())
