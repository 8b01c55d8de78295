"""The effects of the cache and the rewrite, as ratios with intervals over rounds."""

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

# On the log scale: the largest difference called the same, and the smallest called better or worse.
BAND: Final = math.log(1.05)
LEAST: Final = math.log(1.03)
CONFIDENCE: Final = 0.95
POWER: Final = 0.95


class Samples(NamedTuple):
    """Repeated measurements: the figures of each combination, by start or by batch of a single start.

    `widened` is added to half of each interval, in quadrature and on the log scale: for a single start, the differences
    between starts.
    """

    units: Sequence[Unit]
    starts: int
    widened: float = 0.0


class Effect(msgspec.Struct, frozen=True, omit_defaults=False):
    """A ratio, above 1 is better, with its interval; null if figures are missing.

    For a percentile it is the geometric mean of the ratios of percentiles in each start. `rounds` counts starts.
    `longer` is how many times longer a run has to be to decide it, at this noise; null if decided or without an
    interval.
    """

    ratio: float | None
    low: float | None
    high: float | None
    rounds: int
    verdict: Verdict
    longer: float | None = None


class SimpleEffect(Effect, frozen=True):
    """The effect of a single change; differences of geometric means, with minus without, are in the figure's unit.

    `detectable` is the smallest difference that starts with this noise would show 19 times in 20.
    """

    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    detectable: float | None = None


class Interval(NamedTuple):
    """A mean and its 95 % interval, open for a single value."""

    mean: float
    low: float | None
    high: float | None


def interval(values: Sequence[float], widened: float = 0.0) -> Interval:
    """The mean of paired values and its 95 % interval, open for a single value.

    Student's t interval of a mean with n - 1 degrees of freedom. Each start gives one value, a difference of logarithms
    within that start, so influences on the whole start cancel out. Sources: Student, "The Probable Error of a Mean",
    Biometrika 6 (1908); for ratios on the log scale Fleming and Wallace, CACM 29 (1986).
    """
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    half = math.hypot(student_t(len(values) - 1) * _standard_error(values), widened)
    return Interval(mean, mean - half, mean + half)


def difference(pairs: Sequence[Pair], widened: float = 0.0) -> Interval:
    """The difference of the pairs' geometric means, second minus first, with its 95 % interval; open for one pair.

    Each mean has the interval of its logarithms; the interval of the difference is recovered from the two and their
    correlation: Zou and Donner, Statistics in Medicine 27 (2008). It keeps the skew of the noise; the interval of a
    mean of differences would be too low. All figures are above 0.
    """
    # Each of the two means has half of the variance between starts.
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
    """The correlation of the logarithms; 0 if one of the figures is constant."""
    before, after = ([math.log(value) for value in values] for values in zip(*pairs, strict=True))
    spread = stdev(before) * stdev(after)
    return covariance(before, after) / spread if spread else 0.0


def detectable(values: Sequence[float]) -> float | None:
    """The smallest true mean that the interval would distinguish from 0 with a power of 95 %; null for one value.

    The noncentrality of Student's t times the standard error: Cohen, "Statistical Power Analysis for the Behavioral
    Sciences" (1988), chapter 2. It is rough, as the noise is estimated from the same few rounds.
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
    """The only rule from intervals to words; all on the log scale, above 0 is better."""
    if low is None or high is None:
        return "cannot tell"
    if low > 0 and mean > LEAST:
        return "better"
    if high < 0 and mean < -LEAST:
        return "worse"
    return "same" if low >= -BAND and high <= BAND else "cannot tell"


def effects_of(samples: Samples, design: Design, metrics: Sequence[str] = tuple(FIGURES)) -> dict[str, Any]:
    """The main effects by name, and `simple` and `factors` by name, each with its metrics."""

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
    """The effect from one logarithm per start or batch, above 0 is better."""
    count = len(logarithms) if starts is None else starts
    if not logarithms:
        return Effect(None, None, None, 0, "cannot tell")
    mean, low, high = interval(logarithms, widened)
    word = verdict(mean, low, high)
    longer = _longer(mean, high, widened) if word == "cannot tell" and high is not None else None
    return Effect(math.exp(mean), _exp(low), _exp(high), count, word, longer)


def _longer(mean: float, high: float, widened: float) -> float | None:
    """The interval shrinks with the root of the time, except for the part between starts; null if that is too large."""
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
    """Each pair's contribution to the difference of geometric means, by the delta method."""
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
    """The effects that differ from a ratio of 1; the chance of any false alarm among them is 5 %.

    Holm's step-down over the t test of each, smallest p value first. With two dozen equal figures, intervals of 95 %
    alone would show an effect in more than every second pair of runs. Source: S. Holm, Scandinavian Journal of
    Statistics 6 (1979).
    """
    tested = {key: value for key, effect in effects.items() if (value := p_value(effect)) is not None}
    keys: list[Key] = []
    for position, key in enumerate(sorted(tested, key=lambda effect: tested[effect])):
        if tested[key] > ERROR_RATE / (len(tested) - position):
            break
        keys.append(key)
    return keys


def p_value(effect: Effect) -> float | None:
    """The two-sided p value for a ratio of 1; null without an interval."""
    if effect.ratio is None or effect.low is None or effect.high is None:
        return None
    middle, half = math.log(effect.ratio), math.log(effect.high / effect.low) / 2
    if not half:
        return 0.0 if middle else 1.0
    # For a single start it is over batches.
    freedom = effect.rounds - 1 or BATCHES - 1
    return 2 * float(stdtr(freedom, -abs(middle) / half * student_t(freedom)))
