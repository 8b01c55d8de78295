"""The search for the highest rate that passes: doubles until one fails, then halves the gap. No I/O."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

GROWTH: Final = 2.0
TRIES: Final = 4


def bracket(tried: Mapping[int, bool]) -> tuple[int | None, int | None]:
    """The highest rate that passed below all failed ones, and the lowest that failed."""
    broken = min((rate for rate, held in tried.items() if not held), default=None)
    holding = [rate for rate, held in tried.items() if held and (broken is None or rate < broken)]
    return max(holding, default=None), broken


def next_rate(tried: Mapping[int, bool], first: int, resolution: float, highest: int) -> int | None:
    """The next rate to try, None if the answer is known to within `resolution`, a share.

    `tried` has each rate and whether it passed. The gap is halved on the log scale, so every step narrows it by the
    same share. Also None if 1 request per second failed or `highest` passed.
    """
    held, broken = bracket(tried)
    if held is None and broken is None:
        return min(first, highest)
    if broken is None:
        return None if held == highest else min(highest, math.ceil((held or first) * GROWTH))
    if held is None:
        return None if broken <= 1 else max(1, math.floor(broken / GROWTH))
    if broken <= held + 1 or broken <= held * (1 + resolution):
        return None
    middle = round(math.sqrt(held * broken))
    return min(max(middle, held + 1), broken - 1)


def confirmations(rate: int, resolution: float) -> Iterator[int]:
    """The rates to confirm: the result, and lower ones if it fails the second time."""
    for number in range(TRIES):
        lower = max(1, math.floor(rate * (1 - number * resolution)))
        if number == 0 or lower < rate:
            yield lower


def steps_expected(first: int, resolution: float, typical: int) -> int:
    """The approximate number of steps of a search that ends near `typical` requests per second."""
    doublings = max(1, math.ceil(math.log(max(2.0, typical / first), GROWTH))) + 1
    halvings = math.ceil(math.log2(math.log(GROWTH) / math.log1p(resolution)))
    return doublings + max(0, halvings)
