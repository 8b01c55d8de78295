"""What the cache and the rewrite changed, as ratios with intervals over rounds."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Final, Literal, TypeAlias

import msgspec
from scipy.special import stdtrit

from loadtests.metrics import FIGURES, MORE_IS_BETTER
from loadtests.results_schema import Result

Verdict: TypeAlias = Literal["better", "worse", "same within 5 %", "not shown", "one round"]
Cells: TypeAlias = Mapping[str, Result]
# How often each combination counts in a contrast of logarithms.
Weights: TypeAlias = Mapping[str, float]

BAND: Final = math.log(1.05)
CONFIDENCE: Final = 0.95

SIMPLE: Final[dict[str, tuple[str, str]]] = {
    "cache in sync": ("sync", "sync-cached"),
    "cache in async": ("async", "async-cached"),
    "async uncached": ("sync", "async"),
    "async cached": ("sync-cached", "async-cached"),
}
# Half the sum of two simple effects, and the difference between them: by how much the cache gains
# more in async than in sync, which is also by how much async gains more with the cache.
MAIN: Final[dict[str, Weights]] = {
    "cache": {"sync": -0.5, "sync-cached": 0.5, "async": -0.5, "async-cached": 0.5},
    "async": {"sync": -0.5, "sync-cached": -0.5, "async": 0.5, "async-cached": 0.5},
    "interaction": {"sync": 1.0, "sync-cached": -1.0, "async": -1.0, "async-cached": 1.0},
}


class Effect(msgspec.Struct, frozen=True, omit_defaults=False):
    """A ratio, above 1 is better, with its interval; null where the figures are missing."""

    ratio: float | None
    low: float | None
    high: float | None
    rounds: int
    verdict: Verdict


class SimpleEffect(Effect, frozen=True):
    """An effect of one change alone; the difference, with - without, is in the figure's unit."""

    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None


def interval(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Gives the mean of paired values and its 95 % interval, open when there is one value.

    Student's t interval of a mean with n - 1 degrees of freedom, its quantile by scipy. Each round
    gives one value, a difference of logarithms within that round, so what a round shares cancels
    out. The sources are Student, "The Probable Error of a Mean", Biometrika 6 (1908), and for
    ratios on the log scale Fleming and Wallace, CACM 29 (1986).
    """
    mean = fmean(values)
    if len(values) < 2:
        return mean, None, None
    half = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * _standard_error(values)
    return mean, mean - half, mean + half


def _standard_error(values: Sequence[float]) -> float:
    return stdev(values) / math.sqrt(len(values))


def verdict(low: float | None, high: float | None) -> Verdict:
    """Gives what an interval of the log ratio shows."""
    if low is None or high is None:
        return "one round"
    if low >= -BAND and high <= BAND:
        return "same within 5 %"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "not shown"


def contrast(rounds: Sequence[Cells], metric: str, weights: Weights) -> Effect:
    """Gives a weighted ratio of the combinations in one metric, paired by round."""
    values = [value for cells in rounds if (value := _logarithm(cells, metric, weights)) is not None]
    if not values:
        return Effect(None, None, None, 0, "not shown")
    mean, low, high = interval(values)
    return Effect(math.exp(mean), _exp(low), _exp(high), len(values), verdict(low, high))


def simple_effect(rounds: Sequence[Cells], metric: str, name: str) -> SimpleEffect:
    """Gives the effect of one change alone, as a ratio and as a difference in the metric's unit."""
    without, with_change = SIMPLE[name]
    ratio = contrast(rounds, metric, {without: -1.0, with_change: 1.0})
    pairs = [(_figure(cells, metric, without), _figure(cells, metric, with_change)) for cells in rounds]
    values = [after - before for before, after in pairs if before is not None and after is not None]
    difference = interval(values) if values else (None, None, None)
    return SimpleEffect(ratio.ratio, ratio.low, ratio.high, ratio.rounds, ratio.verdict, *difference)


def _logarithm(cells: Cells, metric: str, weights: Weights) -> float | None:
    sign = 1.0 if metric in MORE_IS_BETTER else -1.0
    total = 0.0
    for name, weight in weights.items():
        value = _figure(cells, metric, name)
        if not value:
            return None
        total += sign * weight * math.log(value)
    return total


def _figure(cells: Cells, metric: str, name: str) -> float | None:
    result = cells.get(name)
    return FIGURES[metric](result) if result else None


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value)
