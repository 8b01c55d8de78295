"""The rules for every cell, and the figures that they judge."""

import time
from collections import Counter
from collections.abc import Callable
from math import inf
from operator import attrgetter
from statistics import quantiles
from typing import Any, Final, NamedTuple

from loadtests.consistency.failures import ANSWER_SECONDS, kind_of
from loadtests.consistency.history import History, Record
from loadtests.faults.fault import Fault
from loadtests.faults.target import FaultTarget
from loadtests.schema.faults import Cell, Latency

# An answer slower than this, and than this multiple of the slowest before the fault, means not recovered yet.
SLOW_SECONDS, SLOWER = 1.0, 3.0
CREATED_SINCE = "SELECT id, UNIX_TIMESTAMP(created_at) FROM orders WHERE id > %s"
RECOVERY_SECONDS: Final = 5.0
MEMORY_RATIO: Final = 1.2


class Times(NamedTuple):
    """Begin and end of the fault, on the monotonic clock."""

    began: float
    ended: float


def unanswered(target: FaultTarget, last: int, history: History) -> int:
    """Counts orders committed by attempts whose connection was closed without an answer."""
    rows, offset = target.query(CREATED_SINCE, last), time.monotonic() - time.time()
    created = {order: float(seconds) + offset for order, seconds in rows}
    made = {record.key: created[record.made] for record in history.writes if record.made in created}
    closed = [record for record in history.writes if record.key in made and record.fault in {"closed", "cut"}]
    return sum(record.started <= made[record.key] <= record.ended for record in closed)


def recovery(records: list[Record], times: Times) -> tuple[float, str]:
    """Seconds from the fault's end to the end of the last failed or slow attempt, and a description of it."""
    last = _last_trouble(records, times.began)
    if last is None or last.ended <= times.ended:
        return 0.0, ""
    sent, outcome = last.started - times.ended, last.status or last.fault
    what = f"{last.path}, sent at {sent:+.1f} s: {outcome} after {last.seconds:.1f} s"
    return round(last.ended - times.ended, 2), what


def latency(records: list[Record], since: float, until: float) -> Latency:
    times = sorted(
        record.seconds * 1000 for record in records if since <= record.started < until and not kind_of(record)
    )
    if len(times) < 2:
        return Latency(len(times), None, None, None)
    cuts = quantiles(times, n=20, method="inclusive")
    return Latency(len(times), round(cuts[9], 1), round(cuts[18], 1), round(times[-1], 1))


def measures(history: History, times: Times) -> dict[str, Any]:
    """The fields of a cell that are computed from its attempts."""
    records = history.records
    recovery_s, back_with = recovery(records, times)
    return {
        "requests": len(records),
        "failed": dict(Counter(map(_kind, filter(kind_of, records)))),
        "late": sum(record.status != 0 and record.seconds > ANSWER_SECONDS for record in records),
        "failed_before": sum(bool(kind_of(record)) for record in records if record.ended < times.began),
        "worst_s": round(max((record.seconds for record in records if record.ended >= times.began), default=0.0), 3),
        "lasted_s": round(times.ended - times.began, 2),
        "recovery_s": recovery_s,
        "back_with": back_with,
        "before": latency(records, 0.0, times.began),
        "during": latency(records, times.began, times.ended),
        "after": latency(records, times.ended, inf),
    }


def _last_trouble(records: list[Record], began: float) -> Record | None:
    """The last failed or slow attempt, by its end."""
    slow = max(SLOW_SECONDS, SLOWER * max((record.seconds for record in records if record.ended < began), default=0.0))
    troubled = [record for record in records if kind_of(record) or record.seconds > slow]
    return max(troubled, key=attrgetter("ended"), default=None)


def _kind(record: Record) -> str:
    return "closed" if record.fault == "closed" else kind_of(record)


class Rule(NamedTuple):
    """Something that must not happen; with `spares_killed` it may if the fault kills a process."""

    name: str
    count: Callable[[Cell], int]
    spares_killed: bool = False


RULES: Final = (
    Rule("acknowledged writes lost", lambda cell: len(cell.lost)),
    Rule("duplicate orders for one key", lambda cell: len(cell.duplicates)),
    Rule("stale reads", lambda cell: len(cell.stale)),
    Rule("requests that hung", lambda cell: cell.count("hung")),
    Rule("5xx other than a 503 or 504 problem", lambda cell: cell.count("errors")),
    Rule("unexpected answers", lambda cell: cell.count("unexpected")),
    Rule("answers after their time-out", lambda cell: cell.late),
    Rule("answers cut off in the middle", lambda cell: cell.count("cut"), spares_killed=True),
    Rule("orders written and not answered", lambda cell: cell.unanswered, spares_killed=True),
    Rule("requests that failed before the fault", lambda cell: cell.failed_before),
)


def judge(cell: Cell, fault: Fault) -> None:
    """Sets `broken` and `finding` of a cell."""
    rules = [rule for rule in RULES if not (fault.kills and rule.spares_killed)]
    cell.broken = [f"{count} {rule.name}" for rule in rules if (count := rule.count(cell))]
    if cell.recovery_s > RECOVERY_SECONDS:
        cell.broken.append(f"recovered only {cell.recovery_s:.1f} s after the fault's end ({cell.back_with})")
    if _grew(cell):
        cell.broken.append(f"memory {cell.memory_mb[1] / cell.memory_mb[0]:.2f} times what it was")
    if not cell.happened:
        cell.broken.append("no evidence that the fault took place")
    cell.finding = fault.findings.get(cell.combination, "") if cell.broken else ""


def grew_only(cell: Cell) -> bool:
    return len(cell.broken) == 1 and _grew(cell)


def _grew(cell: Cell) -> bool:
    before, after = cell.memory_mb
    return after > before * MEMORY_RATIO
