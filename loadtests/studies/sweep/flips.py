"""Where one becomes better than the other: where the ratio over the levels of a factor crosses 1."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from loadtests.schema.sweep import Flip, Value

FEWEST: Final = 2
SIDES: Final = {"better": 1, "worse": -1}
Scale = Callable[[float], float]
# A place on a factor's scale, and a logarithm above it.
Place = tuple[float, float]


def find_flip(values: Sequence[Value], scale: Scale, inverse: Scale) -> Flip:
    """A flip needs levels on both sides that are better and worse by the rule of all verdicts, and one change of side.

    Between neighbouring levels logarithms are taken to be straight over the scale, those of ratios and of the ends of
    their intervals. The flip is where ratios cross 1; its interval is where intervals hold 1.
    """
    values = sorted(values, key=lambda value: value.level)
    if len(values) < FEWEST:
        return Flip("too few points")
    sides = [SIDES[value.verdict] for value in values if value.verdict in SIDES]
    changes = sum(one != other for one, other in pairwise(sides))
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
    for (here, low), (there, high) in pairwise(zip(places, logarithms, strict=True)):
        if (low > 0) != (high > 0):
            yield here + (there - here) * low / (low - high)
