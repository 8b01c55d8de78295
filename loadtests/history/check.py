"""One check: a load on a cached combination, with or without Redis' faults, and what its history says."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from secrets import token_hex
from typing import Any, Final

import msgspec

from compose.stack import Stack
from loadtests.history.driver import Driver
from loadtests.history.failures import Failures, failures
from loadtests.history.final_rows import final_rows, last_order
from loadtests.history.kept_writes import duplicate_orders, lost_writes
from loadtests.history.load import Load
from loadtests.history.records import History
from loadtests.history.redis_faults import FAULTS
from loadtests.history.refusals import Refusals
from loadtests.history.stale_reads import Finding, largest_age, stale_reads
from loadtests.history.wire import HOST

POLL_SECONDS: Final = 0.1
# Between two faults: the breakers close within a second of the end of one, and the cache fills again.
CALM_SECONDS: Final = 2.0
EXAMPLES: Final = 5
SHIPPED: Final = "shipped"


class Checked(msgspec.Struct, kw_only=True):
    """What one check found; ages are seconds for which the data seen had been wrong."""

    combination: str
    policy: str
    redis: str
    workers: int
    seconds: float
    reads: int
    writes: int
    states: dict[str, int]
    stale: int
    stale_by_subject: dict[str, int]
    largest_age_s: float
    failed_drop: int
    failed_drop_largest_age_s: float
    refused: int
    undecided: int
    impossible: int
    lost_writes: list[str]
    duplicate_orders: list[str]
    failures: Failures
    faults: list[str]
    examples: list[str]
    full: bool


def check(stack: Stack, load: Load, policy: str, with_faults: bool, say: Callable[[str], None]) -> Checked:
    """Gives what a load of this size finds on a combination that is up; raises DriverFailed."""
    load = msgspec.structs.replace(load, run=f"{load.combination}-{token_hex(4)}")
    before, began = last_order(stack, load.combination), time.monotonic()
    with ExitStack() as running:
        refusals = running.enter_context(Refusals(f"http://{HOST}:{load.port}"))
        # It is over when all faults have come too, so it is stopped from here.
        endless = msgspec.structs.replace(load, reads=0, writes=0)
        driver = running.enter_context(Driver(endless, stack.placement.others))
        told = _follow(stack, driver, load, with_faults, say)
        history = driver.stop()
    rows = final_rows(stack, load.combination, before, history.watched)
    found = stale_reads(history, refusals.windows)
    return Checked(
        combination=load.combination,
        policy=policy,
        redis="faults" if with_faults else "calm",
        workers=stack.options.workers,
        seconds=round(time.monotonic() - began, 1),
        lost_writes=lost_writes(history, rows),
        duplicate_orders=duplicate_orders(history, rows),
        failures=failures(history),
        refused=refusals.counted,
        faults=told,
        full=history.full,
        **_counted(history),
        **_judged(found),
    )


def _follow(stack: Stack, driver: Driver, load: Load, with_faults: bool, say: Callable[[str], None]) -> list[str]:
    waiting = list(FAULTS) if with_faults else []
    told: list[str] = []
    tenth, calm_since = 0, time.monotonic()
    while not (counts := driver.counts()).over:
        if not waiting and counts.reads >= load.reads and counts.writes >= load.writes:
            break
        if 10 * counts.reads // load.reads > tenth:
            tenth = 10 * counts.reads // load.reads
            say(f"{load.combination}: {counts.reads} of {load.reads} reads, {counts.writes} of {load.writes} writes")
        calm = time.monotonic() - calm_since
        if waiting and counts.reads >= waiting[0][0] * load.reads and calm >= CALM_SECONDS:
            _, fault = waiting.pop(0)
            told.append(f"after {counts.reads} reads: {fault(stack)}")
            say(f"{load.combination}: {told[-1]}")
            calm_since = time.monotonic()
        time.sleep(POLL_SECONDS)
    return told


def _counted(history: History) -> dict[str, Any]:
    done = [record for record in history.reads if record.done]
    return {
        "reads": len(done),
        "writes": sum(record.done for record in history.writes),
        "states": dict(Counter(str(record.cache) for record in done)),
    }


def _judged(found: list[Finding]) -> dict[str, Any]:
    of = {verdict: [each for each in found if each.verdict == verdict] for verdict in ("stale", "failed drop")}
    many = Counter(each.verdict for each in found)
    return {
        "stale": many["stale"],
        "stale_by_subject": dict(Counter(each.subject.partition(":")[0] for each in of["stale"])),
        "largest_age_s": round(largest_age(of["stale"]), 3),
        "failed_drop": many["failed drop"],
        "failed_drop_largest_age_s": round(largest_age(of["failed drop"]), 3),
        "undecided": many["undecided"],
        "impossible": many["impossible"],
        "examples": [_told(each) for each in found if each.verdict in {"stale", "impossible"}][:EXAMPLES],
    }


def _told(finding: Finding) -> str:
    read = finding.read
    return (
        f"{read.path} ({read.cache}) at {read.started:.4f} s showed {finding.subject} at {finding.seen}; "
        f"{finding.wanted} was answered {finding.age:.4f} s before"
    )
