"""The findings of a sweep for each change over each factor: pure functions of results."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final, TypeAlias

from loadtests.analysis.batches import Cells
from loadtests.analysis.effects import contrast
from loadtests.analysis.head_to_head import head_to_head
from loadtests.schema.sweep import Finding, Flip, Value
from loadtests.studies.sweep.factors import BY_NAME, HITS, Factor, Point

# Combinations without and with a change, by the name of the change.
Pair: TypeAlias = tuple[str, str]
Measured: TypeAlias = Mapping[Point, Cells]
METRIC: Final = "latency_avg"


def findings(measured: Measured, names: Sequence[str], comparisons: Mapping[str, Pair]) -> list[Finding]:
    """A finding per comparison and factor, without hit ratio for services that have no cache."""
    return [
        _finding(measured, BY_NAME[name], comparison, pair)
        for name in names
        for comparison, pair in comparisons.items()
        if name != HITS or any(hits_of(cells, pair) is not None for cells in measured.values())
    ]


def _finding(measured: Measured, factor: Factor, comparison: str, pair: Pair) -> Finding:
    levels = zip(factor.levels, factor.points(), strict=True)
    known = [_value(level, measured[point], pair) for level, point in levels if point in measured]
    values = [value for value in known if value is not None]
    flip = find_flip(values, factor.scale, factor.inverse)
    return Finding(factor.name, comparison, values, flip, sentence(flip, values, factor, comparison))


def _value(level: float, cells: Cells, pair: Pair) -> Value | None:
    """The ratio of mean latencies; null without valid turns."""
    turns = head_to_head([cells])
    effect = contrast(turns.mix, METRIC, dict(zip(pair, (-1.0, 1.0), strict=True))) if turns else None
    if effect is None or effect.ratio is None or effect.low is None or effect.high is None:
        return None
    return Value(level, effect.ratio, effect.low, effect.high, effect.verdict)


def hits_of(cells: Cells, names: Sequence[str]) -> float | None:
    """The share of answers from the cache, over those of these services that have one."""
    batches = [batch for name in names if name in cells for each in cells[name].turns.values() for batch in each]
    known = [batch.hit_ratio for batch in batches if batch.hit_ratio is not None]
    return fmean(known) if known else None


def sentence(flip: Flip, values: Sequence[Value], factor: Factor, comparison: str) -> str:
    written = factor.written
    levels = [value.level for value in values]
    side = "better" if flip.better else "worse"
    if flip.kind == "flip" and flip.at is not None and flip.low is not None and flip.high is not None:
        interval = f"95 % interval {written(flip.low)} to {written(flip.high)}"
        return f"{comparison} becomes {side} above {written(flip.at)} ({interval})"
    if flip.kind == "too few points":
        return f"{comparison}: too few levels count to say"
    span = f"{written(min(levels))} and {written(max(levels))}"
    if flip.kind == "none":
        return f"no flip between {span}: {comparison} is {side} throughout"
    return f"no flip is shown between {span}, and none is ruled out: {comparison} is {_by_verdict(values, factor)}"


def _by_verdict(values: Sequence[Value], factor: Factor) -> str:
    levels: dict[str, list[str]] = {}
    for value in values:
        word = "open" if value.verdict == "cannot tell" else value.verdict
        levels.setdefault(word, []).append(factor.written(value.level))
    return "; ".join(f"{word} at {', '.join(each)}" for word, each in levels.items())


FEWEST: Final = 2
SIDES: Final = {"better": 1, "worse": -1}
Scale = Callable[[float], float]
# A place on a factor's scale, and the logarithm there.
Place = tuple[float, float]


def find_flip(values: Sequence[Value], scale: Scale, inverse: Scale) -> Flip:
    """A flip needs a better and a worse level, by the rule of all verdicts, and a single change of side.

    Between neighbouring levels the logarithms of ratios and of interval ends are interpolated linearly over the scale.
    The flip is where the ratio crosses 1; its interval is where intervals contain 1.
    """
    values = sorted(values, key=lambda value: value.level)
    if len(values) < FEWEST:
        return Flip("too few points")
    sides = [SIDES[value.verdict] for value in values if value.verdict in SIDES]
    changes = sum(before != other for before, other in pairwise(sides))
    if len(sides) == len(values) and not changes:
        return Flip("none", better=sides[0] > 0)
    ends_are_clear = values[0].verdict in SIDES and values[-1].verdict in SIDES
    if changes != 1 or not ends_are_clear:
        return Flip("not shown")
    places = [scale(value.level) for value in values]
    rising = sides[-1] > 0
    middle = list(_crossings(places, [math.log(value.ratio) for value in values]))
    # Where it rises, the upper end of the interval is the first to reach 1.
    first, last = ("high", "low") if rising else ("low", "high")
    begins = next(_crossings(places, [math.log(getattr(value, first)) for value in values]))
    *_, ends = _crossings(places, [math.log(getattr(value, last)) for value in values])
    return Flip("flip", inverse(middle[len(middle) // 2]), inverse(begins), inverse(ends), rising)


def _crossings(places: Sequence[float], logarithms: Sequence[float]) -> Iterator[float]:
    for (left, low), (right, high) in pairwise(zip(places, logarithms, strict=True)):
        if (low > 0) != (high > 0):
            yield left + (right - left) * low / (low - high)
