"""How noisy measured cells are."""

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median, stdev
from typing import Final

import msgspec

from loadtests.analysis.figures import FIGURES
from loadtests.analysis.read import Rounds
from loadtests.analysis.void import counting_cells, void_cells

FILE: Final = Path(__file__).parents[3] / "docs" / "measurements" / "noise.json"
PAIRS: Final = {"uncached": ("sync", "async"), "cached": ("sync-cached", "async-cached")}
# Fewer rounds say next to nothing of a spread.
ENOUGH: Final = 3


class MetricNoise(msgspec.Struct, frozen=True):
    """The level of a figure, and spreads of its logarithm.

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
    """The cells that a noise was taken from: the figures of each combination, one list item a round."""

    source: str
    duration_s: float
    rounds: list[dict[str, dict[str, float | None]]]


def of_rounds(rounds: Rounds, source: str) -> Measured:
    """Gives the figures of every cell that counts."""
    first = next(iter(next(iter(rounds.values())).values()))
    cells = [
        {name: {metric: figure(result) for metric, figure in FIGURES.items()} for name, result in row.items()}
        for row in counting_cells(rounds, void_cells(rounds))
    ]
    return Measured(source, first.duration_s, cells)


def noise_of(measured: Measured) -> Noise:
    """Gives the noise of rounds that were measured, for the figures that enough of them hold."""
    return Noise(measured.duration_s, {pair: _of_pair(measured, *names) for pair, names in PAIRS.items()})


def read_measured() -> dict[str, Measured]:
    """Gives what was measured, by profile."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Measured])


def lasting(noise: Noise, duration_s: float) -> Noise:
    """Gives the noise of cells of another length, as that of a mean of independent parts: by the root of the length."""
    factor = math.sqrt(noise.duration_s / duration_s)
    pairs = {
        pair: {
            name: MetricNoise(one.level, one.between_twins * factor, one.weather * factor, one.rounds)
            for name, one in metrics.items()
        }
        for pair, metrics in noise.pairs.items()
    }
    return Noise(duration_s, pairs)


def _of_pair(measured: Measured, one: str, other: str) -> dict[str, MetricNoise]:
    found = {}
    for metric in FIGURES:
        values = [(row[one][metric], row[other][metric]) for row in measured.rounds if one in row and other in row]
        whole = [(math.log(here), math.log(there)) for here, there in values if here and there]
        if len(whole) >= ENOUGH:
            found[metric] = _metric_noise(whole)
    return found


def _metric_noise(pairs: Sequence[tuple[float, float]]) -> MetricNoise:
    between = stdev([here - there for here, there in pairs])
    middles = [fmean(pair) for pair in pairs]
    # Of the spread of a round's middle, a quarter of the difference's variance is the twins' own.
    weather = math.sqrt(max(0.0, stdev(middles) ** 2 - between**2 / 4))
    return MetricNoise(math.exp(median(middles)), between, weather, len(pairs))
