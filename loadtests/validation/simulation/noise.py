"""How noisy measured cells are."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Final

import msgspec

from loadtests.analysis.figures import FIGURES

FILE: Final = Path(__file__).parents[3] / "docs" / "measurements" / "noise.json"
PAIRS: Final = {"uncached": ("sync", "async"), "cached": ("sync-cached", "async-cached")}
# Fewer rounds say next to nothing of a spread.
ENOUGH: Final = 3


class MetricNoise(msgspec.Struct, frozen=True):
    """The level of a figure, and standard deviations of its logarithm.

    `between_twins` is that of the difference of two twins within a round, `weather` what both share in a round.
    """

    level: float
    between_twins: float
    weather: float
    rounds: int


class Noise(msgspec.Struct, frozen=True):
    """The noise of one load, by pair of twins and metric; cells last `duration_s`."""

    duration_s: float
    pairs: dict[str, dict[str, MetricNoise]]


class Measured(msgspec.Struct, frozen=True):
    """The figures of each combination, one list item per round."""

    source: str
    duration_s: float
    rounds: list[dict[str, dict[str, float | None]]]


def noise_of(measured: Measured) -> Noise:
    """The noise of measured rounds, for figures that enough of them have."""
    return Noise(measured.duration_s, {pair: _of_pair(measured, *names) for pair, names in PAIRS.items()})


def lasting(noise: Noise, duration_s: float) -> Noise:
    """The noise of cells of another length: a mean of independent parts, so by the root of the length."""
    factor = math.sqrt(noise.duration_s / duration_s)
    pairs = {
        pair: {
            name: MetricNoise(metric.level, metric.between_twins * factor, metric.weather * factor, metric.rounds)
            for name, metric in metrics.items()
        }
        for pair, metrics in noise.pairs.items()
    }
    return Noise(duration_s, pairs)


def _of_pair(measured: Measured, sync: str, asynchronous: str) -> dict[str, MetricNoise]:
    rounds = [row for row in measured.rounds if sync in row and asynchronous in row]
    noise = {}
    for metric in FIGURES:
        pairs = [(row[sync][metric], row[asynchronous][metric]) for row in rounds]
        logarithms = [(math.log(first), math.log(second)) for first, second in pairs if first and second]
        if len(logarithms) >= ENOUGH:
            noise[metric] = _metric_noise(logarithms)
    return noise


def _metric_noise(pairs: Sequence[tuple[float, float]]) -> MetricNoise:
    between = stdev([first - second for first, second in pairs])
    middles = [fmean(pair) for pair in pairs]
    # Of the spread of a round's middle, a quarter of the difference's variance is the twins' own.
    weather = math.sqrt(max(0.0, stdev(middles) ** 2 - between**2 / 4))
    return MetricNoise(math.exp(median(middles)), between, weather, len(pairs))
