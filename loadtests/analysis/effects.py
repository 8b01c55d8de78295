"""What the cache and the rewrite changed, as ratios with intervals over rounds."""

import math
from collections.abc import Hashable, Mapping, Sequence
from statistics import covariance, fmean, stdev
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec
from scipy.special import nctdtrinc, stdtr, stdtrit

from loadtests.analysis.figures import FIGURES, MORE_IS_BETTER, Values
from loadtests.schema.design import FACTORS_KEY, SIMPLE_KEY, Design, Weights
from loadtests.schema.turns import BATCHES

Verdict: TypeAlias = Literal["better", "worse", "same", "cannot tell"]
Unit: TypeAlias = Mapping[str, Values]
Pair: TypeAlias = tuple[float, float]

# On the log scale: what is called the same, and the least that is called better or worse.
BAND: Final = math.log(1.05)
LEAST: Final = math.log(1.03)
CONFIDENCE: Final = 0.95
POWER: Final = 0.95


class Samples(NamedTuple):
    """What was measured again and again: the figures of each combination, by start or by batch of the only start.

    `widened` is added to half of each interval, in quadrature and on the log scale: what starts differ by, where there
    is one.
    """

    units: Sequence[Unit]
    starts: int
    widened: float = 0.0


class Effect(msgspec.Struct, frozen=True, omit_defaults=False):
    """A ratio, above 1 is better, with its interval; null where the figures are missing.

    Of a percentile it is the geometric mean of each start's own ratio of percentiles. `rounds` counts starts. `longer`
    is how many times as long a run would decide it, at this noise; null where it is decided, or without an interval.
    """

    ratio: float | None
    low: float | None
    high: float | None
    rounds: int
    verdict: Verdict
    longer: float | None = None


class SimpleEffect(Effect, frozen=True):
    """An effect of one change alone; differences of geometric means, with minus without, are in the figure's unit.

    `detectable` is the smallest difference that starts as noisy as these would show 19 times in 20.
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


def interval(values: Sequence[float], widened: float = 0.0) -> Interval:
    """The mean of paired values and its 95 % interval, open when there is one value.

    Student's t interval of a mean with n - 1 degrees of freedom. Each start gives one value, a difference of logarithms
    within that start, so what a start shares cancels out. Sources: Student, "The Probable Error of a Mean", Biometrika
    6 (1908); for ratios on the log scale Fleming and Wallace, CACM 29 (1986).
    """
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    half = math.hypot(student_t(len(values) - 1) * _standard_error(values), widened)
    return Interval(mean, mean - half, mean + half)


def difference(pairs: Sequence[Pair], widened: float = 0.0) -> Interval:
    """The difference of the pairs' geometric means, second minus first, with its 95 % interval; open for one pair.

    Each mean has the interval of its logarithms; that of the difference is recovered from the two and their
    correlation: Zou and Donner, Statistics in Medicine 27 (2008). It keeps the skew of the noise, where the interval of
    a mean of differences would lie too low. All figures are above 0.
    """
    # Of what starts differ by, each of the two has its half.
    each = widened / math.sqrt(2)
    before, after = (_levels([math.log(value) for value in values], each) for values in zip(*pairs, strict=True))
    mean = after.mean - before.mean
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return Interval(mean, None, None)
    correlation = _correlation(pairs)
    low = mean - _recovered(after.mean - after.low, before.high - before.mean, correlation)
    return Interval(mean, low, mean + _recovered(after.high - after.mean, before.mean - before.low, correlation))


def _levels(logarithms: Sequence[float], widened: float) -> Interval:
    mean, low, high = interval(logarithms, widened)
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


def verdict(mean: float, low: float | None, high: float | None) -> Verdict:
    """The one rule by which words follow from intervals; all on the log scale, above 0 is better."""
    if low is None or high is None:
        return "cannot tell"
    if low > 0 and mean > LEAST:
        return "better"
    if high < 0 and mean < -LEAST:
        return "worse"
    return "same" if low >= -BAND and high <= BAND else "cannot tell"


def effects_of(samples: Samples, design: Design, metrics: Sequence[str] = tuple(FIGURES)) -> dict[str, Any]:
    """The main effects by name, and under `simple` and `factors` those, each by metric."""

    def weighted(contrasts: Mapping[str, Weights]) -> dict[str, Any]:
        return {
            name: {metric: contrast(samples, metric, weights) for metric in metrics}
            for name, weights in contrasts.items()
        }

    simple = {
        name: {metric: simple_effect(samples, metric, *pair) for metric in metrics}
        for name, pair in design.simple.items()
    }
    factors = {FACTORS_KEY: weighted(design.factors)} if design.factors else {}
    return {**weighted(design.main), SIMPLE_KEY: simple, **factors}


def contrast(samples: Samples, metric: str, weights: Weights) -> Effect:
    """The weighted ratio of the combinations in one metric, paired by start or batch."""
    sign = 1.0 if metric in MORE_IS_BETTER else -1.0
    logarithms = [value for unit in samples.units if (value := _logarithm(unit, metric, weights, sign)) is not None]
    by_batch = samples.starts < len(samples.units)
    return ratio_of(logarithms, samples.widened, min(samples.starts, len(logarithms)) if by_batch else len(logarithms))


def ratio_of(logarithms: Sequence[float], widened: float = 0.0, starts: int | None = None) -> Effect:
    """The effect of one logarithm a start or batch, above 0 is better."""
    count = len(logarithms) if starts is None else starts
    if not logarithms:
        return Effect(None, None, None, 0, "cannot tell")
    mean, low, high = interval(logarithms, widened)
    word = verdict(mean, low, high)
    longer = _longer(mean, high, widened) if word == "cannot tell" and high is not None else None
    return Effect(math.exp(mean), _exp(low), _exp(high), count, word, longer)


def _longer(mean: float, high: float, widened: float) -> float | None:
    """It shrinks with the root of the time, what starts differ by does not; null where that is too much."""
    half = high - mean
    enough = max(abs(mean) if abs(mean) > LEAST else 0.0, BAND - abs(mean))
    if enough <= widened:
        return None
    return max(1.0, (half**2 - widened**2) / (enough**2 - widened**2))


def simple_effect(samples: Samples, metric: str, without: str, with_it: str) -> SimpleEffect:
    ratio = contrast(samples, metric, {without: -1.0, with_it: 1.0})
    figures = [(_value(unit, metric, without), _value(unit, metric, with_it)) for unit in samples.units]
    pairs = [(before, after) for before, after in figures if before and after]
    known = (ratio.ratio, ratio.low, ratio.high, ratio.rounds, ratio.verdict, ratio.longer)
    if not pairs:
        return SimpleEffect(*known)
    return SimpleEffect(*known, *difference(pairs, samples.widened), detectable(_linear(pairs)))


def _linear(pairs: Sequence[Pair]) -> list[float]:
    """What each pair adds to the difference of geometric means, by the delta method: their spread is its spread."""
    before, after = (math.exp(fmean(map(math.log, values))) for values in zip(*pairs, strict=True))
    return [after * math.log(second) - before * math.log(first) for first, second in pairs]


def _logarithm(unit: Unit, metric: str, weights: Weights, sign: float) -> float | None:
    total = 0.0
    for name, weight in weights.items():
        value = _value(unit, metric, name)
        if not value:
            return None
        total += sign * weight * math.log(value)
    return total


def _value(unit: Unit, metric: str, name: str) -> float | None:
    return unit[name].get(metric) if name in unit else None


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
    for position, key in enumerate(sorted(tested, key=lambda effect: tested[effect])):
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
    # Of one start it is over its batches.
    freedom = effect.rounds - 1 or BATCHES - 1
    return 2 * float(stdtr(freedom, -abs(middle) / half * student_t(freedom)))
