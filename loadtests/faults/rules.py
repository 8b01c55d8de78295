"""The rules that every combination keeps under every fault."""

from collections.abc import Callable
from typing import Final, NamedTuple

from loadtests.faults.cell import Cell
from loadtests.faults.row import Row

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
