"""The figures of real starts by service, and their noise."""

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from loadtests.analysis.batches import Cells, counting, starts
from loadtests.analysis.read import COMBINATIONS
from loadtests.schema.turns import BATCHES
from loadtests.validation.judged import METRICS, NAMES, PHASE

Array: TypeAlias = NDArray[np.float64]
# The place of each batch in its start, from -0.5 to 0.5.
AGE: Final = np.linspace(-0.5, 0.5, BATCHES)
PLACES: Final = 5
# The fewest starts for an estimate of their differences.
ENOUGH: Final = 2
GRID: Final = np.linspace(0, 0.9, 91)


class Point(msgspec.Struct, frozen=True):
    """One service in one start; contrasts by batch, null for void batches."""

    contrasts: list[float | None]
    latency_avg: float | None
    latency_p95: float | None
    service_cpu: float | None


# The services of one start, by name.
Points: TypeAlias = dict[str, Point]


class Measured(msgspec.Struct, frozen=True):
    """The part of `selfcheck`'s file that is used: its starts, and the seconds of turns in a batch."""

    points: list[Points]
    batch_s: float


class Noise(msgspec.Struct, frozen=True):
    """Standard deviations of the logarithm of one service's figures, relative to the mean of all services.

    For the average latency: `batch` for a tenth of a start, with skewness and autocorrelation with the next; `drift`
    for the change from a start's first batch to its last; `start` for the remaining differences between starts.
    """

    batch: float
    skewness: float
    autocorrelation: float
    drift: float
    start: float
    latency_p95: float
    service_cpu: float


def points_of(rounds: Iterable[Cells]) -> list[Points]:
    return [points for cells in rounds if (points := _of_start(cells))]


def _of_start(cells: Cells) -> Points:
    numbers, (unit,) = counting(cells, PHASE), starts([cells], PHASE)
    return {
        name: Point(
            [_rounded(batch.contrast) if batch.batch in numbers else None for batch in cells[name].turns[PHASE]],
            *(_rounded(figures.get(metric)) for metric in METRICS),
        )
        for name, figures in unit.items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)


def contrasts_of(points: Sequence[Points]) -> Array:
    """By start, service and batch; NaN for void batches."""
    return np.array([[start[name].contrasts for name in NAMES] for start in points], dtype=np.float64)


def logarithms_of(points: Sequence[Points], metric: str) -> Array:
    """By start and service; NaN for missing figures."""
    return np.array(np.log([[getattr(start[name], metric) or np.nan for name in NAMES] for start in points]))


def truth_of(points: Sequence[Points]) -> dict[str, float]:
    """How many times better the slowed service is than the mean of the equal ones, over all starts, if known."""
    levels = {metric: logarithms_of(points, metric) for metric in METRICS}
    levels["latency_avg"] = np.nanmean(contrasts_of(points), axis=2)
    equal = len(COMBINATIONS)
    differences = {metric: level[:, :equal].mean(axis=1) - level[:, equal] for metric, level in levels.items()}
    return {
        metric: float(np.exp(np.nanmean(ratios)))
        for metric, ratios in differences.items()
        if not np.isnan(ratios).all()
    }


def noise_of(points: Sequence[Points]) -> Noise | None:
    """The noise of the equal services, over starts without void batches; null if there are too few."""
    own, percentiles, cpu = map(_own, (contrasts_of(points), *(logarithms_of(points, each) for each in METRICS[1:])))
    if min(map(len, (own, percentiles, cpu))) < ENOUGH:
        return None
    means = own.mean(axis=2)
    within = own - means[..., None]
    lagged = (within[..., 1:] * within[..., :-1]).sum() / (within**2).sum()
    # With so few values the estimate is biased towards 0.
    autocorrelation = float(np.interp(lagged, [_lagged(_correlations(candidate)) for candidate in GRID], GRID))
    correlations = _correlations(autocorrelation)
    of_sum = correlations.sum() / BATCHES
    batch = _variance(within, len(own)) / (BATCHES - of_sum)
    slopes = within @ AGE / (AGE @ AGE)
    of_slope = AGE @ correlations @ AGE / (AGE @ AGE) ** 2
    return Noise(
        batch=sqrt(batch),
        skewness=_skewness(within),
        autocorrelation=autocorrelation,
        drift=sqrt(max(0.0, _variance(slopes, len(own)) - batch * of_slope)),
        start=sqrt(max(0.0, _between(means) - batch * of_sum / BATCHES)),
        latency_p95=sqrt(_between(percentiles)),
        service_cpu=sqrt(_between(cpu)),
    )


def _correlations(autocorrelation: float) -> Array:
    """The correlations of a start's batches in an autoregressive series of first order."""
    matrix: Array = autocorrelation ** np.abs(np.subtract.outer(range(BATCHES), range(BATCHES)))
    return matrix


def _lagged(correlations: Array) -> float:
    """The expected autocorrelation of batches after subtracting their mean."""
    centring = np.eye(BATCHES) - 1 / BATCHES
    within = centring @ correlations @ centring
    return float(np.trace(within, 1) / np.trace(within))


def _own(logarithms: Array) -> Array:
    """The deviation of each equal service from their mean, in starts without void batches."""
    equal = logarithms[:, : len(COMBINATIONS)]
    whole = equal[~np.isnan(equal).any(axis=tuple(range(1, equal.ndim)))]
    own: Array = whole - whole.mean(axis=1, keepdims=True)
    return own


def _between(values: Array) -> float:
    return _variance(values - values.mean(axis=0), len(values) - 1)


def _variance(deviations: Array, freedom: int) -> float:
    """The variance of one service; `freedom` is per service, and the common mean takes that of one."""
    return float((deviations**2).sum()) / (freedom * (len(COMBINATIONS) - 1))


def _skewness(deviations: Array) -> float:
    """Adjusted for the mean of the services (Fisher and Pearson's G1)."""
    count = len(COMBINATIONS)
    skewness = float((deviations**3).mean() / (deviations**2).mean() ** 1.5)
    return skewness * sqrt(count * (count - 1)) / (count - 2)
