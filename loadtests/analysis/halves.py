"""Whether an effect drifts while services age: the late half of each start against the early half."""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final

from loadtests.analysis.batches import Cells, counting
from loadtests.analysis.effects import LEAST, Effect, ratio_of
from loadtests.schema.design import Design
from loadtests.schema.turns import BATCHES

HALVES: Final = (range(BATCHES // 2), range(BATCHES // 2, BATCHES))


def drifts(rounds: Sequence[Cells], design: Design) -> list[str]:
    """Simple effects on the average latency that drift, a sentence each without its full stop."""
    turned = [cells for cells in rounds if all(result.turns for result in cells.values())]
    phases = dict.fromkeys(phase for cells in turned for result in cells.values() for phase in result.turns)
    return [
        f"{name} in {phase} drifts: its ratio is {_words(found)} times as high in the late half of a start"
        for phase in phases
        for name, pair in design.simple.items()
        if _drifts(found := ratio_of(list(_changes(turned, phase, pair))))
    ]


def _drifts(effect: Effect) -> bool:
    if not effect.ratio or effect.low is None or effect.high is None:
        return False
    return abs(math.log(effect.ratio)) > LEAST and not effect.low <= 1 <= effect.high


def _words(effect: Effect) -> str:
    return f"{effect.ratio:.2f} (95 % interval {effect.low:.2f} to {effect.high:.2f})"


def _changes(rounds: Sequence[Cells], phase: str, pair: tuple[str, str]) -> Iterator[float]:
    """By start: how much the log ratio of a pair rose from the early to the late half."""
    for cells in rounds:
        early, late = ([number for number in counting(cells, phase) if number in half] for half in HALVES)
        if early and late:
            yield _ratio(cells, phase, pair, late) - _ratio(cells, phase, pair, early)


def _ratio(cells: Cells, phase: str, pair: tuple[str, str], numbers: Sequence[int]) -> float:
    without, with_it = (
        fmean(one.contrast or 0.0 for one in cells[name].turns[phase] if one.batch in numbers) for name in pair
    )
    return without - with_it
