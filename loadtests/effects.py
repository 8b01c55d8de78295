"""What the cache and the rewrite changed, as ratios with intervals over rounds."""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec
from scipy.special import nctdtrinc, stdtrit

from loadtests.design import SIMPLE_KEY, Design, Weights
from loadtests.metrics import MORE_IS_BETTER, Figure
from loadtests.results_schema import Result

Verdict: TypeAlias = Literal["better", "worse", "same within 5 %", "not shown", "one round"]
Cells: TypeAlias = Mapping[str, Result]

BAND: Final = math.log(1.05)
CONFIDENCE: Final = 0.95
POWER: Final = 0.95


class Effect(msgspec.Struct, frozen=True, omit_defaults=False):
    """A ratio, above 1 is better, with its interval; null where the figures are missing.

    Of a percentile it is the geometric mean over rounds of each round's own ratio of percentiles, not a percentile of
    all rounds' requests together, which the result files cannot give.
    """

    ratio: float | None
    low: float | None
    high: float | None
    rounds: int
    verdict: Verdict


class SimpleEffect(Effect, frozen=True):
    """An effect of one change alone; differences, with - without, are in the figure's unit.

    `detectable` is the smallest difference that rounds as noisy as these would show 19 times in 20.
    """

    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    detectable: float | None = None


class Interval(NamedTuple):
    """A mean and its 95 % interval, open when there is one value only."""

    mean: float
    low: float | None
    high: float | None


def interval(values: Sequence[float]) -> Interval:
    """Gives the mean of paired values and its 95 % interval, open when there is one value.

    Student's t interval of a mean with n - 1 degrees of freedom, its quantile by scipy. Each round
    gives one value, a difference of logarithms within that round, so what a round shares cancels
    out. The sources are Student, "The Probable Error of a Mean", Biometrika 6 (1908), and for
    ratios on the log scale Fleming and Wallace, CACM 29 (1986).
    """
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    half = _critical(len(values)) * _standard_error(values)
    return Interval(mean, mean - half, mean + half)


def detectable(values: Sequence[float]) -> float | None:
    """Gives the smallest true mean that such an interval would tell from 0 with a chance of 95 %; null for one value.

    The noncentrality of Student's t (scipy's nctdtrinc) by the standard error; the source is Cohen, "Statistical
    Power Analysis for the Behavioral Sciences" (1988), chapter 2. The noise is estimated from the same few rounds,
    so it is a rough figure.
    """
    if len(values) < 2:
        return None
    noncentrality = float(nctdtrinc(len(values) - 1, 1 - POWER, _critical(len(values))))
    return noncentrality * _standard_error(values)


def _critical(count: int) -> float:
    return float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))


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


def effects_of(rounds: Sequence[Cells], design: Design, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """Gives each main effect and, one level deeper, each simple effect of a design in each figure."""
    main = {
        name: {metric: contrast(rounds, metric, figure, weights) for metric, figure in figures.items()}
        for name, weights in design.main.items()
    }
    simple = {
        name: {metric: simple_effect(rounds, metric, figure, *pair) for metric, figure in figures.items()}
        for name, pair in design.simple.items()
    }
    return {**main, SIMPLE_KEY: simple}


def contrast(rounds: Sequence[Cells], metric: str, figure: Figure, weights: Weights) -> Effect:
    """Gives a weighted ratio of the combinations in one metric, paired by round."""
    sign = 1.0 if metric in MORE_IS_BETTER else -1.0
    return ratio_of([value for cells in rounds if (value := _logarithm(cells, figure, weights, sign)) is not None])


def ratio_of(logarithms: Sequence[float]) -> Effect:
    """Gives the effect of one logarithm a round, above 0 is better."""
    if not logarithms:
        return Effect(None, None, None, 0, "not shown")
    mean, low, high = interval(logarithms)
    return Effect(math.exp(mean), _exp(low), _exp(high), len(logarithms), verdict(low, high))


def simple_effect(rounds: Sequence[Cells], metric: str, figure: Figure, without: str, with_it: str) -> SimpleEffect:
    """Gives the effect of one change alone, as a ratio and as a difference in the metric's unit."""
    ratio = contrast(rounds, metric, figure, {without: -1.0, with_it: 1.0})
    pairs = [(_value(cells, figure, without), _value(cells, figure, with_it)) for cells in rounds]
    values = [after - before for before, after in pairs if before is not None and after is not None]
    known = (ratio.ratio, ratio.low, ratio.high, ratio.rounds, ratio.verdict)
    return SimpleEffect(*known, *interval(values), detectable(values)) if values else SimpleEffect(*known)


def _logarithm(cells: Cells, figure: Figure, weights: Weights, sign: float) -> float | None:
    total = 0.0
    for name, weight in weights.items():
        value = _value(cells, figure, name)
        if not value:
            return None
        total += sign * weight * math.log(value)
    return total


def _value(cells: Cells, figure: Figure, name: str) -> float | None:
    result = cells.get(name)
    return figure(result) if result else None


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value)
