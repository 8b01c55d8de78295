"""Warnings about missing, void or doubtful figures, in words that need no manual."""

from collections.abc import Iterator

from loadtests.analysis.head_to_head import void_parts
from loadtests.analysis.k6_summary import ALL_STATS
from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.analysis.pooled import ENOUGH
from loadtests.verdict.comparison import Comparison


def warnings(comparison: Comparison) -> Iterator[str]:
    """One line per kind, with the first reason."""
    cells = {(cell.round, cell.combination): cell.reason for cell in comparison.void}
    yield from _doubts(comparison)
    lacking = list(_lacking(comparison))
    if lacking:
        yield f"Not in every file: {', '.join(lacking)}; k6 run {ALL_STATS} --summary-export FILE has all"
    turns = comparison.turns
    if cells:
        (number, name), reason = next(iter(cells.items()))
        every = sum(line["rounds"] + line["rounds_void"] for line in comparison.combinations.values())
        yield f"Left out: {len(cells)} of {every} measurements ({name}, start {number}: {reason})"
    if turns and turns.void:
        first, count = turns.void[0], len(void_parts(turns.void))
        what = "Too much of the turns is spoilt" if turns.is_void else "Left out of the turns"
        yield f"{what}: {count} of {turns.batches} parts ({first.combination}, {first.phase}: {first.reason})"
    if turns and turns.drifts:
        more = f", and {len(turns.drifts) - 1} more" if len(turns.drifts) > 1 else ""
        yield f"Not steady: {turns.drifts[0]}{more}"


def _doubts(comparison: Comparison) -> Iterator[str]:
    combinations: dict[str, list[str]] = {}
    several = comparison.load["rounds"] > 1
    for doubt in comparison.doubts:
        name = f"{doubt.combination} in run {doubt.round}" if several else doubt.combination
        combinations.setdefault(doubt.reason, []).append(f"{name} {doubt.extent}")
    for reason, places in combinations.items():
        yield f"{reason[0].upper()}{reason[1:]}: {', '.join(places)}"


def _lacking(comparison: Comparison) -> Iterator[str]:
    """Figures missing in k6's summaries."""
    if comparison.load["profile"] != SUMMARY:
        return
    for name in ("avg", *ENOUGH):
        if any(line[f"latency_{name}"] is None for line in comparison.combinations.values()):
            yield name
