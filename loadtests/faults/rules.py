"""What became of the attempts of a history under a fault."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from operator import attrgetter
from statistics import quantiles
from typing import Any, Final, NamedTuple

from loadtests.consistency.failures import ANSWER_SECONDS, kind_of
from loadtests.consistency.history import History, Record
from loadtests.consistency.stale_reads import Finding
from loadtests.faults.cell import Cell, Latency
from loadtests.faults.fault import Row
from loadtests.faults.scene import Scene

# An answer that takes longer, and so much longer than any before the fault, says that the service is not back yet.
SLOW_SECONDS, SLOWER = 1.0, 3.0
CREATED_SINCE = "SELECT id, UNIX_TIMESTAMP(created_at) FROM orders WHERE id > %s"


class Times(NamedTuple):
    """When the fault began and ended, on the monotonic clock."""

    begun: float
    ended: float


def unanswered(scene: Scene, last: int, history: History) -> int:
    """Gives how many orders were committed by an attempt whose connection was closed without an answer."""
    with closing(scene.root()) as root, root.cursor() as cursor:
        cursor.execute(CREATED_SINCE, [last])
        offset = time.monotonic() - time.time()
        created = {int(number): float(moment) + offset for number, moment in cursor.fetchall()}
    made = {record.key: created[record.made] for record in history.writes if record.made in created}
    closed = [record for record in history.writes if record.key in made and record.fault in {"closed", "cut"}]
    return sum(record.started <= made[record.key] <= record.ended for record in closed)


def described(finding: Finding) -> str:
    """Gives a line about a read that showed what it may not."""
    read = finding.read
    return f"{finding.verdict}: {read.path} showed {finding.subject} at {finding.seen}, wanted {finding.wanted}"


def recovery(records: list[Record], times: Times) -> tuple[float, str]:
    """Gives the seconds from the fault's end to that of the last attempt that failed or was slow, and what that was."""
    last = _last_trouble(records, times.begun)
    if last is None or last.ended <= times.ended:
        return 0.0, ""
    asked, came = last.started - times.ended, last.status or last.fault
    what = f"{last.path}, asked at {asked:+.1f} s: {came} after {last.seconds:.1f} s"
    return round(last.ended - times.ended, 2), what


def latency(records: list[Record], since: float, until: float) -> Latency:
    """Gives the times of the good answers to what was asked between two moments."""
    taken = sorted(each.seconds * 1000 for each in records if since <= each.started < until and not kind_of(each))
    if len(taken) < 2:
        return Latency(len(taken), None, None, None)
    cuts = quantiles(taken, n=20, method="inclusive")
    return Latency(len(taken), round(cuts[9], 1), round(cuts[18], 1), round(taken[-1], 1))


def of_attempts(history: History, times: Times) -> dict[str, Any]:
    """Gives the members of a cell that come from its attempts."""
    records, forever = history.records, float("inf")
    since = [each for each in records if each.ended >= times.begun]
    recovery_s, back_with = recovery(records, times)
    return {
        "requests": len(records),
        "failed": dict(Counter(map(_kind, filter(kind_of, records)))),
        "late": sum(each.status != 0 and each.seconds > ANSWER_SECONDS for each in records),
        "failed_before": sum(bool(kind_of(each)) for each in records if each.ended < times.begun),
        "worst_s": round(max((each.seconds for each in since), default=0.0), 3),
        "lasted_s": round(times.ended - times.begun, 2),
        "recovery_s": recovery_s,
        "back_with": back_with,
        "before": latency(records, 0.0, times.begun),
        "during": latency(records, times.begun, times.ended),
        "after": latency(records, times.ended, forever),
    }


def _last_trouble(records: list[Record], begun: float) -> Record | None:
    """Gives the attempt that ended last of those that failed or were slow; None where all went well."""
    slow = max(SLOW_SECONDS, SLOWER * max((each.seconds for each in records if each.ended < begun), default=0.0))
    troubled = [each for each in records if kind_of(each) or each.seconds > slow]
    return max(troubled, key=attrgetter("ended"), default=None)


def _kind(record: Record) -> str:
    return "closed" if record.fault == "closed" else kind_of(record)


RECOVERY_SECONDS: Final = 5.0
MEMORY_RATIO: Final = 1.2


class Rule(NamedTuple):
    """What must be none, and how many there were of it."""

    name: str
    count: Callable[[Cell], int]
    though_killed: bool = False


RULES: Final = (
    Rule("acknowledged writes lost", lambda cell: len(cell.lost)),
    Rule("duplicate orders for one key", lambda cell: len(cell.duplicates)),
    Rule("stale reads", lambda cell: len(cell.stale)),
    Rule("requests that hung", lambda cell: cell.count("hung")),
    Rule("5xx other than a 503 or 504 problem", lambda cell: cell.count("errors")),
    Rule("unexpected answers", lambda cell: cell.count("unexpected")),
    Rule("answers after their time-out", lambda cell: cell.late),
    Rule("answers cut off in the middle", lambda cell: cell.count("cut"), though_killed=True),
    Rule("orders written and not answered", lambda cell: cell.unanswered, though_killed=True),
    Rule("requests that failed before the fault", lambda cell: cell.failed_before),
)


def judge(cell: Cell, row: Row) -> None:
    """Writes into the cell which rules it broke, and the reason if the row knows one."""
    rules = [rule for rule in RULES if not (row.kills and rule.though_killed)]
    cell.broken = [f"{many} {rule.name}" for rule in rules if (many := rule.count(cell))]
    if cell.recovery_s > RECOVERY_SECONDS:
        cell.broken.append(f"back only {cell.recovery_s:.1f} s after the fault's end ({cell.back_with})")
    if _grew(cell):
        cell.broken.append(f"memory {cell.memory_mb[1] / cell.memory_mb[0]:.2f} times what it was")
    if not cell.happened:
        cell.broken.append("no evidence that the fault took place")
    cell.finding = row.findings.get(cell.combination, "") if cell.broken else ""


def grew_only(cell: Cell) -> bool:
    """Tells whether memory is all that a cell broke."""
    return len(cell.broken) == 1 and _grew(cell)


def _grew(cell: Cell) -> bool:
    before, after = cell.memory_mb
    return after > before * MEMORY_RATIO
