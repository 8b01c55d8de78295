"""Checks the cache's promise under load: a read that starts after a write was answered shows that write.

Concurrent readers and writers work on each cached combination; every read and write is remembered with its times
and with the versions that it saw or wrote, and reads that break the promise are counted. The same is done while Redis
is frozen, killed and emptied. Then policies that are broken on purpose have to be found out, or the zero would mean
nothing.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import redis

from compose.failures import StackError, unusable
from compose.options import StackOptions
from compose.progress import Progress
from compose.stack import Stack
from loadtests.history.check import SHIPPED, Checked, check
from loadtests.history.driver import DriverFailed
from loadtests.history.load import Load
from loadtests.history.staleness_text import show, summary, write

CACHED: Final = ("sync-cached", "async-cached")
BROKEN: Final = ("no-stamps", "drop-before-commit", "flight-across-write")
CALM, FAULTS = "calm", "faults"
# Serves a twin under one of the broken policies, in place of the twin's own module.
BROKEN_PROGRAM: Final = "tests.broken_policies"
# Of the reads and writes of ours, as broken policies are found out long before.
BROKEN_SHARE: Final = 10
FOUND_WANTING, INTERRUPTED = 1, 130

EXAMPLES: Final = """
examples:
  python -m loadtests.history.staleness                                   everything: some minutes
  python -m loadtests.history.staleness --policies shipped --redis calm    ours alone, Redis undisturbed
  python -m loadtests.history.staleness --reads 2000 --writes 200          a quick look
  python -m loadtests.history.staleness --policies no-stamps --only sync-cached

exit status: 0 when ours has no stale read outside the named exceptions and every broken policy was found out,
1 when not, 2 for unusable input, 130 when interrupted. The exceptions: what a write left behind whose drop Redis
refused (cache_events{event="refused"} counts those), for a value's lifetime at most.
"""


class Task(NamedTuple):
    """One check that is to be made."""

    combination: str
    policy: str
    redis: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks, prints a table and writes the results; its exit status tells what came out."""
    chosen, progress = parser().parse_args(arguments), Progress()
    results: list[Checked] = []
    try:
        results.extend(run(chosen, tasks_of(chosen), progress))
    except (StackError, DriverFailed) as error:
        return progress.fail(error if isinstance(error, StackError) else StackError(str(error)))
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        # What was finished is not lost, whatever came then.
        progress.end()
        show(results)
        if chosen.json and results:
            write(chosen.json, results)
    lines = summary(results)
    print("\n".join(lines) or "no stale read outside the exceptions, and every broken policy was found out")
    return FOUND_WANTING if lines else 0


def tasks_of(chosen: argparse.Namespace) -> list[Task]:
    """Gives the checks that were asked for; raises StackError for what cannot be checked."""
    names = _known("--only", chosen.only, CACHED)
    policies = _known("--policies", chosen.policies, (SHIPPED, *BROKEN))
    conditions = _known("--redis", chosen.redis, (CALM, FAULTS))
    if chosen.writes < 1 or chosen.reads < chosen.writes:
        raise unusable("--writes must be 1 or more, and --reads no fewer than that")
    ours = [Task(name, SHIPPED, each) for name in names for each in conditions if SHIPPED in policies]
    return [*ours, *(Task(name, each, CALM) for name in names for each in policies if each != SHIPPED)]


def run(chosen: argparse.Namespace, tasks: Sequence[Task], progress: Progress) -> Iterator[Checked]:
    """Gives the results one after the other; raises StackError or DriverFailed."""
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
    """Gives a combination fresh processes under a policy, and an empty Redis."""
    service = stack.service(combination)
    service.stop()
    with closing(redis.Redis.from_url(stack.cache_url)) as client:
        client.flushall()
    twin = combination.partition("-")[0]
    service.program = [f"{twin}_api.serve"] if policy == SHIPPED else [BROKEN_PROGRAM, twin, policy]
    service.start()


def load_of(stack: Stack, combination: str, reads: int, writes: int) -> Load:
    """Gives a closed load that is over after so many reads and writes."""
    writes = max(writes, 1)
    port = stack.service(combination).port
    return Load(combination, port, "", reads=reads, writes=writes, reads_per_write=max(reads // writes, 1))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python -m loadtests.history.staleness",
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
