"""Runs a load on one combination, injects a fault, and judges what came of it."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Final

import pymysql
import redis
from msgspec.structs import replace

from loadtests.consistency.failures import Refusals
from loadtests.consistency.kept_writes import duplicate_orders, final_rows, last_order, lost_writes
from loadtests.consistency.process import Driver
from loadtests.consistency.stale_reads import stale_reads
from loadtests.consistency.workload import Load
from loadtests.faults.fault import WARM_UP, Evidence, Fault
from loadtests.faults.kinds.overload import saturating
from loadtests.faults.nginx import behind_nginx
from loadtests.faults.rules import Times, judge, measures, unanswered
from loadtests.faults.target import FaultTarget
from loadtests.schema.faults import Cell

BEFORE_SECONDS: Final = 3.0
WARM_UP_SECONDS: Final = 6.0
LINES_KEPT: Final = 5
UNREACHED: Final = (OSError, pymysql.Error, redis.RedisError)


def warm_up(target: FaultTarget) -> None:
    """Lets the memory of fresh processes grow before it is compared."""
    load, cores = _load_on(target, WARM_UP, "warm-up"), target.stack.placement.others
    with Driver(load, cores) as mixed, Driver(saturating(target, 1), cores) as reports:
        time.sleep(WARM_UP_SECONDS)
        reports.stop()
        mixed.stop()


def drive(target: FaultTarget, fault: Fault, say: Callable[[str], None], before: float = BEFORE_SECONDS) -> Cell:
    """Measures one cell, with `before` seconds of load before the fault; raises StackError."""
    instances = fault.instances_behind_nginx
    with behind_nginx(target, instances) if instances else nullcontext(target) as reached:
        return _drive(reached, fault, say, before)


def _drive(target: FaultTarget, fault: Fault, say: Callable[[str], None], before: float) -> Cell:
    target.attempts.clear()
    started_at = datetime.now(UTC)
    last = last_order(target.stack, target.name)
    load = _load_on(target, fault.load, fault.name)
    with Refusals(target.service.url) as refusals, Driver(load, target.stack.placement.others) as driver:
        time.sleep(before)
        memory = target.memory_mb()
        say(f"{fault.title}: injected")
        times, evidence = inject(target, fault)
        say(f"{fault.title}: lifted, watching the recovery")
        time.sleep(fault.after)
        history = driver.stop()
    history.records.extend(target.attempts)
    rows = final_rows(target.stack, target.name, last, history.watched)
    stale = stale_reads(history, refusals.windows)
    cell = Cell(
        fault=fault.name,
        combination=target.name,
        started_at=f"{started_at:%Y-%m-%dT%H:%M:%SZ}",
        evidence=evidence.line,
        happened=evidence.happened,
        lost=lost_writes(history, rows)[:LINES_KEPT],
        duplicates=duplicate_orders(history, rows)[:LINES_KEPT],
        stale=[str(read) for read in stale if read.verdict in {"stale", "impossible"}],
        excused=sum(read.verdict == "failed drop" for read in stale),
        unanswered=unanswered(target, last, history),
        memory_mb=(round(memory, 1), round(target.memory_mb(), 1)),
        **measures(history, times),
    )
    judge(cell, fault)
    return cell


def inject(target: FaultTarget, fault: Fault) -> tuple[Times, Evidence]:
    """Holds the fault for its time; lifts it whatever happens."""
    began = time.monotonic()
    with fault.inject(target) as look:
        time.sleep(fault.seconds)
        try:
            evidence = look()
        except UNREACHED as error:
            evidence = Evidence(False, f"not observed: {error}")
    return Times(began, time.monotonic()), evidence


def _load_on(target: FaultTarget, load: Load, name: str) -> Load:
    return replace(load, combination=target.name, port=target.port, run=f"{name}-{datetime.now(UTC):%H%M%S%f}")
