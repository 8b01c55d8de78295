"""Checks for stale reads and lost writes under load, with faults of Redis and with broken policies."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import redis
from rich.console import Console
from rich.table import Table

from compose.local.options import StackOptions
from compose.local.progress import Progress
from compose.local.stack import Stack
from loadtests.consistency.check import SHIPPED, Checked, check
from loadtests.consistency.workload import Load
from loadtests.runner.environment import command_line, describe_checkout, describe_host
from loadtests.schema import exit_status
from loadtests.schema.files import write_json

# A value lives 60 s plus or minus a tenth; after that a failed invalidation must have no effect.
LONGEST_LIFETIME: Final = 66.0
HEADS: Final = (
    "", "reads", "writes", "hits", "stale", "oldest", "after failed invalidation", "oldest", "refused", "worst"
)  # fmt: skip
WIDTH: Final = 120
LEGEND: Final = """stale: outside the exceptions. after failed invalidation: Redis had refused an invalidation.
oldest: for how long the oldest data read had been wrong. refused: commands refused by Redis, as the service counts."""
CACHED: Final = ("sync-cached", "async-cached")
BROKEN: Final = ("no-stamps", "drop-before-commit", "flight-across-write")
CALM, FAULTS = "calm", "faults"
# Serves a twin with a broken policy, instead of the twin's own module.
BROKEN_PROGRAM: Final = ("tests.support.changed_twin", "broken_policies")
# Broken policies are detected with far fewer reads and writes.
BROKEN_SHARE: Final = 10


def show(results: Sequence[Checked]) -> None:
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
    return [f"{_name(each)}: {line}" for each in results for line in _wrong(each)]


def write(file: Path, results: Sequence[Checked]) -> None:
    made = {"made_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "command": command_line(), **describe_checkout()}
    write_json(file, made | {"host": describe_host(), "checks": results})


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


class Task(NamedTuple):
    combination: str
    policy: str
    redis: str


class Options(NamedTuple):
    only: Sequence[str]
    policies: Sequence[str]
    redis: Sequence[str]
    reads: int
    writes: int
    workers: int = 2
    port_base: int = 8000
    json: Path | None = None


def check_all(options: Options) -> int:
    """Checks, prints a table and writes the results; returns 1 if a check fails."""
    progress = Progress()
    results: list[Checked] = []
    try:
        results.extend(run(options, progress))
    finally:
        progress.end()
        if results:
            show(results)
            if options.json:
                write(options.json, results)
    lines = summary(results)
    print("\n".join(lines) or "no stale read outside the exceptions, and every broken policy was detected")
    return exit_status.BROKEN if lines else 0


def tasks_of(options: Options) -> list[Task]:
    ours = [Task(name, SHIPPED, each) for name in options.only for each in options.redis if SHIPPED in options.policies]
    return [*ours, *(Task(name, each, CALM) for name in options.only for each in options.policies if each != SHIPPED)]


def run(options: Options, progress: Progress) -> Iterator[Checked]:
    """Yields each result; raises StackError."""
    tasks = tasks_of(options)
    stack_options = StackOptions(
        workers=options.workers, port_base=options.port_base, only=sorted(options.only), progress=progress
    )
    with Stack(stack_options) as stack:
        for number, task in enumerate(tasks, 1):
            progress(f"check {number} of {len(tasks)}: {task.combination}, {task.policy}, Redis {task.redis}")
            renew(stack, task.combination, task.policy)
            share = 1 if task.policy == SHIPPED else BROKEN_SHARE
            reads, writes = options.reads // share, max(options.writes // share, 1)
            each, port = max(reads // writes, 1), stack.service(task.combination).port
            load = Load(task.combination, port, "", reads=reads, writes=writes, reads_per_write=each)
            yield check(stack, load, task.policy, task.redis == FAULTS, progress)


def renew(stack: Stack, combination: str, policy: str) -> None:
    """Starts fresh processes with a policy, and empties Redis."""
    service = stack.service(combination)
    service.stop()
    with closing(redis.Redis.from_url(stack.cache_url)) as client:
        client.flushall()
    twin = combination.partition("-")[0]
    service.program = [f"{twin}_api.serve"] if policy == SHIPPED else [*BROKEN_PROGRAM, twin, policy]
    service.start()
