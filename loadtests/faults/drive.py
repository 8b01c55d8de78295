"""Drives one combination with a steady load, does one fault to it, and looks at what came of it."""

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pymysql
import redis

from loadtests.consistency.failures import Refusals
from loadtests.consistency.kept_writes import duplicate_orders, final_rows, last_order, lost_writes
from loadtests.consistency.process import Driver
from loadtests.consistency.stale_reads import stale_reads
from loadtests.faults.cell import Cell
from loadtests.faults.fault import WARM_UP, Evidence, Row
from loadtests.faults.kinds.overload import crowd_of
from loadtests.faults.nginx import behind_nginx
from loadtests.faults.rules import Times, described, judge, of_attempts, unanswered
from loadtests.faults.scene import Scene

BEFORE_SECONDS = 3.0
WARM_UP_SECONDS = 6.0
LINES_KEPT = 5
UNREACHED = (OSError, pymysql.Error, redis.RedisError)


def warm_up(scene: Scene) -> None:
    """Gives a fresh service load for a while: its memory is to have grown before it is compared."""
    load = WARM_UP.load(scene.name, scene.door, f"warm-up-{datetime.now(UTC):%H%M%S%f}")
    cores = scene.stack.placement.others
    with Driver(load, cores) as driver, crowd_of(scene, 1) as crowd:
        time.sleep(WARM_UP_SECONDS)
        crowd.stop()
        driver.stop()


def drive(scene: Scene, row: Row, say: Callable[[str], None], before: float = BEFORE_SECONDS) -> Cell:
    """Gives the judged cell of one fault on one combination, `before` being the seconds of load before the fault.

    Raises DriverFailed or StackError.
    """
    with contextlib.ExitStack() as closing:
        if row.instances_behind_nginx:
            scene = closing.enter_context(behind_nginx(scene, row.instances_behind_nginx))
        return _drive(scene, row, say, before)


def _drive(scene: Scene, row: Row, say: Callable[[str], None], before: float) -> Cell:
    scene.attempts.clear()
    started_at = datetime.now(UTC)
    last = last_order(scene.stack, scene.name)
    run = f"{row.name}-{started_at:%H%M%S%f}"
    load = row.load.load(scene.name, scene.door, run)
    with Refusals(scene.service.url) as refusals, Driver(load, scene.stack.placement.others) as driver:
        time.sleep(before)
        memory = scene.memory_mb()
        say(f"{row.title}: injected")
        times, evidence = done(scene, row)
        say(f"{row.title}: over, looking at the recovery")
        time.sleep(row.after)
        history = driver.stop()
    history.records.extend(scene.attempts)
    rows = final_rows(scene.stack, scene.name, last, history.watched)
    stale = stale_reads(history, refusals.windows)
    cell = Cell(
        fault=row.name,
        combination=scene.name,
        started_at=f"{started_at:%Y-%m-%dT%H:%M:%SZ}",
        evidence=evidence.line,
        happened=evidence.happened,
        lost=lost_writes(history, rows)[:LINES_KEPT],
        duplicates=duplicate_orders(history, rows)[:LINES_KEPT],
        stale=[described(each) for each in stale if each.verdict in {"stale", "impossible"}],
        excused=sum(each.verdict == "failed drop" for each in stale),
        unanswered=unanswered(scene, last, history),
        memory_mb=(round(memory, 1), round(scene.memory_mb(), 1)),
        **of_attempts(history, times),
    )
    judge(cell, row)
    return cell


def done(scene: Scene, row: Row) -> tuple[Times, Evidence]:
    """Injects the fault, holds it, looks for it and lifts it; whatever comes, it is lifted."""
    begun = time.monotonic()
    try:
        row.fault.inject(scene)
        time.sleep(row.seconds)
        evidence = look(scene, row)
    finally:
        row.fault.lift(scene)
    return Times(begun, time.monotonic()), evidence


def look(scene: Scene, row: Row) -> Evidence:
    """Gives the evidence; what cannot be looked at is none."""
    try:
        return row.fault.evidence(scene)
    except UNREACHED as error:
        return Evidence(False, f"cannot be looked at: {error}")
