"""Adds up the latencies of parts of a load: each is known by k6's percentiles at many places, and not by its values."""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from loadtests.schema.shard import Curve

Values: TypeAlias = npt.NDArray[np.float64]

# Places and milliseconds are rounded, so that one on a value may seem to be beside it.
ROUNDED: Final = 1e-9
# Requests beyond a percentile that it takes, as in loadtests/lib/latency.js.
BEYOND: Final = 10
FIELDS: Final = {"min": 0, "p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
WITH_CARE: Final = ("p95", "p99")


def values_of(curve: Curve, places: Sequence[float]) -> Values:
    """The values, sorted, that k6 draws straight lines between: exact where two places lie between neighbours."""
    if curve.count < 2:
        return np.array(curve.at[: curve.count], dtype=np.float64)
    ranks, at = np.array(places) / 100 * (curve.count - 1), np.array(curve.at)
    numbers = np.arange(curve.count, dtype=np.float64)
    values = np.interp(numbers, ranks, at)
    for begin in (numbers - 1, numbers):
        first = np.minimum(np.searchsorted(ranks, begin - ROUNDED), len(ranks) - 1)
        last = np.searchsorted(ranks, begin + 1 + ROUNDED, side="right") - 1
        exact = last > first
        first, last = first[exact], last[exact]
        slopes = (at[last] - at[first]) / (ranks[last] - ranks[first])
        values[exact] = at[first] + slopes * (numbers[exact] - ranks[first])
    known: Values = np.clip(values, at[0], at[-1])
    return known


class Pooled(NamedTuple):
    """The requests of all parts together."""

    requests: int
    avg: float | None
    values: Values

    def percentile(self, place: float) -> float | None:
        """Milliseconds, between values by a straight line, as k6 does."""
        return round(float(np.percentile(self.values, place)), 3) if self.requests else None

    def careful(self, place: float, beyond: int = BEYOND) -> float | None:
        """Null where too few requests are beyond the place, on its own side of the middle."""
        tenths = min(round(place * 10), round(1000 - place * 10))
        return None if self.requests * tenths < beyond * 1000 else self.percentile(place)

    def latency(self, *names: str, beyond: int = BEYOND) -> dict[str, float | None]:
        """Fields of a result's latency; all without names."""
        found = {
            name: self.careful(FIELDS[name], beyond) if name in WITH_CARE else self.percentile(FIELDS[name])
            for name in names or FIELDS
        }
        return {"avg": None if self.avg is None else round(self.avg, 3), **found}


def pooled(parts: Sequence[Curve], places: Sequence[float]) -> Pooled:
    count = sum(part.count for part in parts)
    average = sum(part.count * part.avg for part in parts) / count if count else None
    return Pooled(count, average, np.concatenate([values_of(part, places) for part in parts]))
