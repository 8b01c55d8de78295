"""Simulated runs as result files: noise, further disturbances, and a true effect."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from loadtests.analysis.read import COMBINATIONS
from loadtests.schema.design import orders
from loadtests.schema.result import Cache, Result
from loadtests.schema.server import Server
from loadtests.schema.turns import Latency
from loadtests.validation.simulation.noise import MetricNoise, Noise


class Disturbance(msgspec.Struct, frozen=True):
    """What a few rounds cannot show and is therefore assumed, pessimistically.

    Of the variance of a cell's own noise `autocorrelated` is the share that decays by `decay` from cell to cell; the
    rest has a gamma distribution of this `shape`, skewed to the slow side by 2/sqrt(shape). `carry_over` is the effect
    of a cell without cache on the next one, `drift` the change over a run, both in standard deviations of a cell.
    """

    autocorrelated: float = 0.4
    decay: float = 0.5
    shape: float = 2.0
    carry_over: float = 0.3
    drift: float = 1.0


CALM = Disturbance(autocorrelated=0.0, carry_over=0.0, drift=0.0)


BEGUN: Final = datetime(2026, 1, 1, tzinfo=UTC)
Chance: TypeAlias = np.random.Generator
# One logarithm for each cell, in the order of measuring.
Logarithms: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

UNCACHED: Final = ("sync", "async")
MORE_IS_BETTER: Final = "throughput"
# So that a percentile is never below the lower one, whatever its noise: ratios are the same at any level.
APART: Final = {"latency_p95": 10.0, "latency_p99": 100.0}
# How many cells lie between two twins, over the rounds of the square.
STEPS: Final = (1, 3, 1, 3)


class Truth(NamedTuple):
    """By how much each combination is slower than its pair's level, as a factor; 1 where it is not named."""

    slower: Mapping[str, float]


class Cell(NamedTuple):
    """One cell's place in a run."""

    round: int
    combination: str
    after_uncached: bool

    @property
    def pair(self) -> str:
        return "uncached" if self.combination in UNCACHED else "cached"


def cells_of(rounds: int) -> list[Cell]:
    names = [(number, name) for number, row in enumerate(orders(COMBINATIONS, rounds), 1) for name in row]
    before = [None, *(name for _, name in names)]
    return [Cell(number, name, prior in UNCACHED) for (number, name), prior in zip(names, before, strict=False)]


def write_run(folder: Path, noise: Noise, disturbance: Disturbance, truth: Truth, rounds: int, chance: Chance) -> None:
    cells = cells_of(rounds)
    metrics = dict.fromkeys(metric for metrics in noise.pairs.values() for metric in metrics)
    logarithms = {metric: _logarithms(cells, metric, noise, disturbance, truth, chance) for metric in metrics}
    for at, cell in enumerate(cells):
        figures = {name: math.exp(values[at]) for name, values in logarithms.items() if not math.isnan(values[at])}
        path = folder / f"{cell.combination}.round-{cell.round}.json"
        path.write_bytes(msgspec.json.encode(_result(cell, figures, noise.duration_s)))


def expected_figures(
    noise: Noise, disturbance: Disturbance, truth: Truth, rounds: int, chance: Chance
) -> dict[tuple[str, str], float]:
    """The geometric mean of each combination's figure over the rounds of one run, with skew and carry-over."""
    cells = cells_of(rounds)
    logarithms: dict[tuple[str, str], list[float]] = {}
    for metric in dict.fromkeys(metric for metrics in noise.pairs.values() for metric in metrics):
        for cell, value in zip(cells, _logarithms(cells, metric, noise, disturbance, truth, chance), strict=True):
            logarithms.setdefault((cell.combination, metric), []).append(value)
    return {key: math.exp(fmean(values)) for key, values in logarithms.items()}


def _logarithms(
    cells: list[Cell], metric: str, noise: Noise, disturbance: Disturbance, truth: Truth, chance: Chance
) -> Logarithms:
    """All disturbances of one metric: weather of the round, drift, autocorrelation, skew, carry-over, and the truth."""
    rounds = max(cell.round for cell in cells)
    weather = chance.normal(size=rounds + 1)
    drift = chance.choice([-1.0, 1.0]) * disturbance.drift * np.linspace(-0.5, 0.5, len(cells))
    own = _own(len(cells), disturbance, chance)
    sign = -1.0 if metric == MORE_IS_BETTER else 1.0
    return np.array(
        [
            _logarithm(cell, noise.pairs[cell.pair].get(metric), weather[cell.round], unit, disturbance)
            + math.log(APART.get(metric, 1.0))
            + sign * math.log(truth.slower.get(cell.combination, 1.0))
            for cell, unit in zip(cells, own + drift, strict=True)
        ]
    )


def _logarithm(cell: Cell, noise: MetricNoise | None, weather: float, own: float, disturbance: Disturbance) -> float:
    if noise is None:
        return math.nan
    left_over = disturbance.carry_over * cell.after_uncached
    return math.log(noise.level) + noise.weather * weather + own_spread(noise, disturbance) * (own + left_over)


def own_spread(noise: MetricNoise, disturbance: Disturbance) -> float:
    """The spread of one cell, so that the difference of two twins spreads as measured."""
    correlation = disturbance.autocorrelated * fmean(disturbance.decay**steps for steps in STEPS)
    return noise.between_twins / math.sqrt(2 * (1 - correlation))


def _own(count: int, disturbance: Disturbance, chance: Chance) -> Logarithms:
    """Noise of spread 1: one part decays from cell to cell, the other is skewed to the slow side."""
    skewed = (chance.gamma(disturbance.shape, size=count) - disturbance.shape) / math.sqrt(disturbance.shape)
    decaying = np.fromiter(_decaying(count, disturbance.decay, chance), dtype=float)
    share = disturbance.autocorrelated
    return math.sqrt(1 - share) * skewed + math.sqrt(share) * decaying


def _decaying(count: int, decay: float, chance: Chance) -> Iterator[float]:
    """An autoregressive series of order 1 and spread 1."""
    value = chance.normal()
    for _ in range(count):
        yield value
        value = decay * value + math.sqrt(1 - decay**2) * chance.normal()


def _result(cell: Cell, figures: Mapping[str, float], duration_s: float) -> Result:
    latency = {name: figures.get(f"latency_{name}") for name in ("avg", "p50", "p95", "p99")}
    rate = figures[MORE_IS_BETTER]
    return Result(
        schema=1,
        combination=cell.combination,
        profile="simulated",
        round=cell.round,
        started_at=f"{BEGUN + timedelta(minutes=cell.round):%Y-%m-%dT%H:%M:%SZ}",
        duration_s=duration_s,
        vus=50,
        think_time_s=1.0,
        requests=round(rate * duration_s),
        failed=0,
        checks_failed=0,
        dropped_iterations=0,
        throughput_rps=rate,
        latency_ms=Latency(min=None, p90=None, max=None, **latency),
        routes={},
        cache=Cache(),
        server=Server(service_cpu_ms_per_request=figures.get("service_cpu")),
    )
