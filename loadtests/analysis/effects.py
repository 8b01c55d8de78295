"""What the cache and the rewrite changed, as ratios with intervals over rounds."""

import math
from collections.abc import Hashable, Mapping, Sequence
from statistics import covariance, fmean, stdev
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from scipy.special import nctdtrinc, stdtr, stdtrit

from loadtests.analysis.figures import MORE_IS_BETTER, Figure
from loadtests.schema.design import SIMPLE_KEY, Design, Weights
from loadtests.schema.result import Result

Verdict: TypeAlias = Literal["better", "worse", "same within 5 %", "not shown", "one round"]
Cells: TypeAlias = Mapping[str, Result]
Pair: TypeAlias = tuple[float, float]

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
    """An effect of one change alone; differences of geometric means, with minus without, are in the figure's unit.

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
    """The mean of paired values and its 95 % interval, open when there is one value.

    Student's t interval of a mean with n - 1 degrees of freedom. Each round gives one value, a difference of logarithms
    within that round, so what a round shares cancels out. Sources: Student, "The Probable Error of a Mean", Biometrika
    6 (1908); for ratios on the log scale Fleming and Wallace, CACM 29 (1986).
    """
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    half = student_t(len(values) - 1) * _standard_error(values)
    return Interval(mean, mean - half, mean + half)


def difference(pairs: Sequence[Pair]) -> Interval:
    """The difference of the pairs' geometric means, second minus first, with its 95 % interval; open for one pair.

    Each mean has the interval of its logarithms; that of the difference is recovered from the two and their
    correlation: Zou and Donner, Statistics in Medicine 27 (2008). It keeps the skew of the noise, where the interval of
    a mean of differences would lie too low. All figures are above 0.
    """
    before, after = (_levels([math.log(value) for value in values]) for values in zip(*pairs, strict=True))
    mean = after.mean - before.mean
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return Interval(mean, None, None)
    correlation = _correlation(pairs)
    low = mean - _recovered(after.mean - after.low, before.high - before.mean, correlation)
    return Interval(mean, low, mean + _recovered(after.high - after.mean, before.mean - before.low, correlation))


def _levels(logarithms: Sequence[float]) -> Interval:
    mean, low, high = interval(logarithms)
    return Interval(math.exp(mean), _exp(low), _exp(high))


def _recovered(first: float, second: float, correlation: float) -> float:
    return math.sqrt(max(0.0, first**2 + second**2 - 2 * correlation * first * second))


def _correlation(pairs: Sequence[Pair]) -> float:
    """Of the logarithms; 0 where one of the figures does not move."""
    before, after = ([math.log(value) for value in values] for values in zip(*pairs, strict=True))
    spread = stdev(before) * stdev(after)
    return covariance(before, after) / spread if spread else 0.0


def detectable(values: Sequence[float]) -> float | None:
    """The smallest true mean that the interval would tell from 0 with a chance of 95 %; null for one value.

    The noncentrality of Student's t times the standard error: Cohen, "Statistical Power Analysis for the Behavioral
    Sciences" (1988), chapter 2. The noise is estimated from the same few rounds, so it is a rough figure.
    """
    if len(values) < 2:
        return None
    noncentrality = float(nctdtrinc(len(values) - 1, 1 - POWER, student_t(len(values) - 1)))
    return noncentrality * _standard_error(values)


def student_t(freedom: int) -> float:
    """Student's t for a two-sided 95 % interval."""
    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def _standard_error(values: Sequence[float]) -> float:
    return stdev(values) / math.sqrt(len(values))


def verdict(low: float | None, high: float | None) -> Verdict:
    if low is None or high is None:
        return "one round"
    if low >= -BAND and high <= BAND:
        return "same within 5 %"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "not shown"


def effects_of(rounds: Sequence[Cells], design: Design, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """The main effects by name, and under `simple` the simple ones, each by metric."""
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
    """The weighted ratio of the combinations in one metric, paired by round."""
    sign = 1.0 if metric in MORE_IS_BETTER else -1.0
    return ratio_of([value for cells in rounds if (value := _logarithm(cells, figure, weights, sign)) is not None])


def ratio_of(logarithms: Sequence[float]) -> Effect:
    """The effect of one logarithm a round, above 0 is better."""
    if not logarithms:
        return Effect(None, None, None, 0, "not shown")
    mean, low, high = interval(logarithms)
    return Effect(math.exp(mean), _exp(low), _exp(high), len(logarithms), verdict(low, high))


def simple_effect(rounds: Sequence[Cells], metric: str, figure: Figure, without: str, with_it: str) -> SimpleEffect:
    ratio = contrast(rounds, metric, figure, {without: -1.0, with_it: 1.0})
    figures = [(_value(cells, figure, without), _value(cells, figure, with_it)) for cells in rounds]
    pairs = [(before, after) for before, after in figures if before and after]
    known = (ratio.ratio, ratio.low, ratio.high, ratio.rounds, ratio.verdict)
    return SimpleEffect(*known, *difference(pairs), detectable(_linear(pairs))) if pairs else SimpleEffect(*known)


def _linear(pairs: Sequence[Pair]) -> list[float]:
    """What each pair adds to the difference of geometric means, by the delta method: their spread is its spread."""
    before, after = (math.exp(fmean(map(math.log, values))) for values in zip(*pairs, strict=True))
    return [after * math.log(second) - before * math.log(first) for first, second in pairs]


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


ERROR_RATE: Final = 1 - CONFIDENCE

Key = TypeVar("Key", bound=Hashable)


def shown(effects: Mapping[Key, Effect]) -> list[Key]:
    """The effects that differ from a ratio of 1, with a chance of 5 % that any of them is a false alarm.

    Holm's step-down over the t test of each, the surest first: of two dozen equal figures, intervals of 95 % would
    find an effect in more than every other pair of runs. Source: S. Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    tested = {key: value for key, effect in effects.items() if (value := p_value(effect)) is not None}
    keys: list[Key] = []
    for position, key in enumerate(sorted(tested, key=lambda one: tested[one])):
        if tested[key] > ERROR_RATE / (len(tested) - position):
            break
        keys.append(key)
    return keys


def p_value(effect: Effect) -> float | None:
    """Two-sided, of a ratio of 1; null without an interval."""
    if effect.ratio is None or effect.low is None or effect.high is None:
        return None
    middle, half = math.log(effect.ratio), math.log(effect.high / effect.low) / 2
    if not half:
        return 0.0 if middle else 1.0
    freedom = effect.rounds - 1
    return 2 * float(stdtr(freedom, -abs(middle) / half * student_t(freedom)))
