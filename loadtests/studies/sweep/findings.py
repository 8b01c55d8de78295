"""What the cells of a sweep say about each change over each factor: pure functions of the cells."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TypeAlias

from loadtests.schema.sweep import Cell, Finding, Flip, Value
from loadtests.studies.sweep.factors import BY_NAME, CENTRE_NAME, Factor
from loadtests.studies.sweep.flips import find_flip

# Combinations without and with a change, by the name of the change.
Pair: TypeAlias = tuple[str, str]
Comparisons: TypeAlias = Mapping[str, Pair]


def findings(cells: Sequence[Cell], names: Sequence[str], comparisons: Comparisons) -> list[Finding]:
    """A finding for every comparison over every factor, as far as there are cells."""
    return [
        _finding(cells, BY_NAME[name], comparison, pair)
        for name in names
        for comparison, pair in comparisons.items()
        if name != "hit_ratio" or caches(cells, pair)
    ]


def caches(cells: Sequence[Cell], pair: Pair) -> bool:
    return any(cell.hit_ratio is not None for cell in cells if cell.combination in pair)


def _finding(cells: Sequence[Cell], factor: Factor, comparison: str, pair: Pair) -> Finding:
    found = values(cells, factor, pair)
    flip = find_flip([(value.level, math.log(value.ratio)) for value in found], factor.scale)
    return Finding(factor.name, comparison, found, flip, sentence(flip, factor, comparison))


def values(cells: Sequence[Cell], factor: Factor, pair: Pair) -> list[Value]:
    """The ratios of one comparison at every level and pass, from pairs of valid cells.

    Above 1 the change is better. It is the ratio of mean latencies; without think time also that of throughputs. The
    centre is a level of every factor but the injected one, which has its own 0 behind the proxy.
    """
    without, with_change = pair
    places = {factor.name} if factor.injected else {factor.name, CENTRE_NAME}
    pairs: dict[tuple[int, str, float], dict[str, Cell]] = {}
    for cell in cells:
        if cell.factor in places and cell.counts:
            pairs.setdefault((cell.passed, cell.factor, cell.level), {})[cell.combination] = cell
    return [
        Value(_level([both[without], both[with_change]], factor), number, ratio(both[without], both[with_change]))
        for (number, _, _), both in sorted(pairs.items())
        if without in both and with_change in both
    ]


def ratio(without: Cell, with_change: Cell) -> float:
    """How many times better the second is: the mean latency of the first over its own."""
    return (without.latency_ms["avg"] or 0.0) / (with_change.latency_ms["avg"] or math.inf)


def _level(pair: Sequence[Cell], factor: Factor) -> float:
    """The level that was set; for the hit ratio the one that was measured."""
    if factor.name != "hit_ratio":
        return pair[0].settings.get(factor.name, pair[0].level)
    measured = [cell.hit_ratio for cell in pair if cell.hit_ratio is not None]
    return round(fmean(measured), 3) if measured else pair[0].settings[factor.name]


def sentence(flip: Flip, factor: Factor, comparison: str) -> str:
    low, high = min(factor.levels), max(factor.levels)
    span = f"{written(low, factor)} and {written(high, factor)}"
    side = "better" if flip.better else "worse"
    if flip.kind == "flip" and flip.at is not None and flip.low is not None and flip.high is not None:
        interval = f"95 % interval {written(flip.low, factor)} to {written(flip.high, factor)}"
        return f"{comparison} becomes {side} above {written(flip.at, factor)} ({interval})"
    if flip.kind == "between" and flip.low is not None and flip.high is not None:
        return f"{comparison} becomes {side} between {written(flip.low, factor)} and {written(flip.high, factor)}"
    if flip.kind == "none":
        return f"no flip between {span}: {comparison} is {side} throughout"
    if flip.kind == "too few points":
        return f"{comparison}: too few points count to say"
    return f"no flip is shown between {span}, and none is ruled out: {comparison} comes too close to no difference"


def written(level: float, factor: Factor) -> str:
    if factor.name == "hit_ratio":
        return f"{level:.0%}"
    return f"{level:.3g}{factor.unit}" if level < 1000 else f"{level:.0f}{factor.unit}"
