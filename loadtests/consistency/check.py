"""Checks one combination under load, optionally with faults of Redis."""

import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack, closing
from secrets import token_hex
from typing import Any, Final

import msgspec
import redis

from compose.local.stack import Stack
from loadtests.consistency.failures import Failures, Refusals, failures
from loadtests.consistency.http import HOST
from loadtests.consistency.kept_writes import duplicate_orders, final_rows, last_order, lost_writes
from loadtests.consistency.process import Driver
from loadtests.consistency.stale_reads import Finding, largest_age, stale_reads
from loadtests.consistency.workload import Load

FROZEN_SECONDS: Final = 1.5
DEAD_SECONDS: Final = 1.5
REPLY_SECONDS: Final = 0.2
POLL_SECONDS: Final = 0.1
# Time between two faults: breakers close within a second after one, and the cache fills again.
CALM_SECONDS: Final = 2.0
EXAMPLES: Final = 5
SHIPPED: Final = "shipped"


def freeze(stack: Stack) -> str:
    os.kill(stack.cache_pid, signal.SIGSTOP)
    try:
        time.sleep(FROZEN_SECONDS)
        silent = not _answers(stack)
    finally:
        os.kill(stack.cache_pid, signal.SIGCONT)
    return f"frozen for {FROZEN_SECONDS} s: {'no reply to a PING meanwhile' if silent else 'IT ANSWERED A PING'}"


def kill(stack: Stack) -> str:
    before = stack.cache_pid
    server = stack.components.cache
    server.process.kill()
    time.sleep(DEAD_SECONDS)
    dead = not server.process.running
    server.start()
    state = "dead" if dead else "NOT DEAD"
    return f"killed: process {before} was {state} for {DEAD_SECONDS} s, then {stack.cache_pid} answered, empty"


def flush(stack: Stack) -> str:
    with closing(redis.Redis.from_url(stack.cache_url, socket_timeout=REPLY_SECONDS * 10)) as client:
        before = client.dbsize()
        client.flushall()
    return f"flushed: {before} keys gone"


def _answers(stack: Stack) -> bool:
    with closing(redis.Redis.from_url(stack.cache_url, socket_timeout=REPLY_SECONDS)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


# The share of reads after which each fault begins.
FAULTS: Final[tuple[tuple[float, Callable[[Stack], str]], ...]] = (
    (0.15, freeze),
    (0.4, kill),
    (0.65, flush),
    (0.8, freeze),
)


class Checked(msgspec.Struct, kw_only=True):
    """The result of a check; ages are the seconds for which the data read had been stale."""

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
    """Runs a load of this size on a combination that is up, and checks its history; raises StackError."""
    load = msgspec.structs.replace(load, run=f"{load.combination}-{token_hex(4)}")
    before, began = last_order(stack, load.combination), time.monotonic()
    with ExitStack() as running:
        refusals = running.enter_context(Refusals(f"http://{HOST}:{load.port}"))
        # The load has to last until all faults are over, so it is stopped here.
        endless = msgspec.structs.replace(load, reads=0, writes=0)
        driver = running.enter_context(Driver(endless, stack.placement.others))
        messages = _follow(stack, driver, load, with_faults, say)
        history = driver.stop()
    rows = final_rows(stack, load.combination, before, history.watched)
    reads = [record for record in history.reads if record.done]
    return Checked(
        combination=load.combination,
        policy=policy,
        redis="faults" if with_faults else "calm",
        workers=stack.options.workers,
        seconds=round(time.monotonic() - began, 1),
        reads=len(reads),
        writes=sum(record.done for record in history.writes),
        states=dict(Counter(str(record.cache) for record in reads)),
        lost_writes=lost_writes(history, rows),
        duplicate_orders=duplicate_orders(history, rows),
        failures=failures(history),
        refused=refusals.counted,
        faults=messages,
        full=history.full,
        **_judged(stale_reads(history, refusals.windows)),
    )


def _follow(stack: Stack, driver: Driver, load: Load, with_faults: bool, say: Callable[[str], None]) -> list[str]:
    waiting = list(FAULTS) if with_faults else []
    messages: list[str] = []
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
            messages.append(f"after {counts.reads} reads: {fault(stack)}")
            say(f"{load.combination}: {messages[-1]}")
            calm_since = time.monotonic()
        time.sleep(POLL_SECONDS)
    return messages


def _judged(findings: list[Finding]) -> dict[str, Any]:
    by_verdict: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_verdict[finding.verdict].append(finding)
    stale, impossible, failed_drop = (by_verdict[verdict] for verdict in ("stale", "impossible", "failed drop"))
    return {
        "stale": len(stale),
        "stale_by_subject": dict(Counter(finding.subject.partition(":")[0] for finding in stale)),
        "largest_age_s": round(largest_age(stale), 3),
        "failed_drop": len(failed_drop),
        "failed_drop_largest_age_s": round(largest_age(failed_drop), 3),
        "undecided": len(by_verdict["undecided"]),
        "impossible": len(impossible),
        "examples": list(map(str, (stale + impossible)[:EXAMPLES])),
    }
