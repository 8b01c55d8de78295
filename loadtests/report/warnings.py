"""What is missing, left out or doubtful, in words that need no manual."""

from collections.abc import Iterator

from loadtests.analysis.head_to_head import rounds_of_void
from loadtests.verdict.comparison import Comparison


def warnings(comparison: Comparison) -> Iterator[str]:
    """A line each, the first reason with it."""
    if comparison.shortfall:
        yield comparison.shortfall
    cells = {(cell.round, cell.combination): cell.reason for cell in comparison.void}
    turns = comparison.turns
    if cells:
        (number, name), reason = next(iter(cells.items()))
        every = sum(line["rounds"] + line["rounds_void"] for line in comparison.combinations.values())
        yield f"Left out: {len(cells)} of {every} measurements ({name}, start {number}: {reason})"
    if turns and turns.void:
        first, count = turns.void[0], len(rounds_of_void(turns.void))
        what = "Too much of the turns is spoilt" if turns.is_void else "Left out of the turns"
        yield f"{what}: {count} of {turns.batches} parts ({first.combination}, {first.phase}: {first.reason})"
    if turns and turns.drifts:
        more = f", and {len(turns.drifts) - 1} more" if len(turns.drifts) > 1 else ""
        yield f"Not steady: {turns.drifts[0]}{more}"
