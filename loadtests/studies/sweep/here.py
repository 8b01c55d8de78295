"""You are here: the reader's own figures on the axes of a sweep, and what follows."""

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import Final, NamedTuple

import msgspec

from loadtests.analysis.effects import verdict
from loadtests.schema.sweep import Cell, Document
from loadtests.studies.sweep.curve import FEWEST, Curve, quantile
from loadtests.studies.sweep.factors import BY_NAME, CENTRE_NAME, Factor
from loadtests.studies.sweep.findings import Pair, caches, values, written

CENTRE_FACTOR: Final = Factor(CENTRE_NAME, CENTRE_NAME, "", (), 0, float)
ONCE: Final = "measured once, so there is no interval"


class Here(NamedTuple):
    """The reader's own service: database milliseconds per request, hit ratio, requests at once; none where unknown."""

    database_ms: float | None = None
    hit_ratio: float | None = None
    concurrency: float | None = None

    @property
    def given(self) -> dict[str, float]:
        """The figures that are known, by factor."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class Place(msgspec.Struct, frozen=True):
    """One axis: what the reader gave, where that is on it, and the nearest level that was measured."""

    factor: str
    given: float
    used: float
    nearest: float
    note: str


class Leg(NamedTuple):
    """The way from the centre to the reader along one factor: what its curve says, as logarithms."""

    difference: float
    variance: float
    squares: float
    freedom: int


class Outlook(msgspec.Struct, frozen=True):
    """How many times better one change would be at the reader's place, with its interval; null where none was swept."""

    comparison: str
    ratio: float | None
    low: float | None
    high: float | None
    verdict: str


def places(document: Document, here: Here) -> list[Place]:
    """The reader's position on each axis.

    The database axis is the injected round trip, so the time that a statement took here is subtracted first.
    """
    return [_place(document, BY_NAME[name], given) for name, given in here.given.items()]


def outlooks(document: Document, here: Here) -> list[Outlook]:
    """The ratio of each comparison at the reader's position.

    Log ratio at the centre, plus what each factor's curve says between the centre and the reader's level. Factors were
    varied one at a time, so this assumes that they do not interact.
    """
    spots = places(document, here)
    return [_outlook(document.cells, name, pair, spots) for name, pair in document.comparisons.items()]


def _place(document: Document, factor: Factor, given: float) -> Place:
    own = _own_milliseconds(document.cells) if factor.name == "database_ms" else 0.0
    wanted = max(0.0, given - own)
    low, high = min(factor.levels), max(factor.levels)
    used = min(max(wanted, low), high)
    nearest = min((*factor.levels, factor.centre), key=lambda level: abs(factor.scale(level) - factor.scale(used)))
    notes = []
    if own:
        notes.append(f"{own:.2f} ms of it are what a statement takes here by itself")
    if used != wanted:
        notes.append(f"outside of {written(low, factor)} to {written(high, factor)}: the end is shown, not your place")
    return Place(factor.name, given, used, nearest, "; ".join(notes))


def _own_milliseconds(cells: Sequence[Cell]) -> float:
    known = [cell.database_ms for cell in cells if cell.factor == CENTRE_NAME and cell.database_ms is not None]
    return median(known) if known else 0.0


def _outlook(cells: Sequence[Cell], comparison: str, pair: Pair, spots: Sequence[Place]) -> Outlook:
    centre = [math.log(value.ratio) for value in values(cells, CENTRE_FACTOR, pair)]
    if not centre:
        return Outlook(comparison, None, None, None, "the centre was not measured")
    cached = caches(cells, pair)
    legs = []
    for spot in (spot for spot in spots if cached or spot.factor != "hit_ratio"):
        leg = _leg(cells, pair, spot)
        if leg is None:
            title = BY_NAME[spot.factor].title
            return Outlook(comparison, None, None, None, f"{title} was not swept, or too few of its points count")
        legs.append(leg)
    total = fmean(centre) + sum(leg.difference for leg in legs)
    half = _half_interval(centre, legs)
    if half is None:
        return Outlook(comparison, math.exp(total), None, None, ONCE)
    low, high = total - half, total + half
    return Outlook(comparison, math.exp(total), math.exp(low), math.exp(high), verdict(low, high))


def _leg(cells: Sequence[Cell], pair: Pair, spot: Place) -> Leg | None:
    factor = BY_NAME[spot.factor]
    measured = [(value.level, math.log(value.ratio)) for value in values(cells, factor, pair)]
    if len({level for level, _ in measured}) < FEWEST:
        return None
    curve = Curve(measured, factor.scale)
    difference, spread = curve.difference(spot.used, factor.centre)
    return Leg(difference, spread**2, *curve.scatter)


def _half_interval(centre: Sequence[float], legs: Sequence[Leg]) -> float | None:
    """Half of the 95 % interval, None where nothing shows the scatter.

    The centre may have been measured once, so its scatter is pooled from all curves and its own values. Student's t has
    the degrees of freedom of the curve with the fewest.
    """
    freedom = len(centre) - 1 + sum(leg.freedom for leg in legs)
    if not freedom:
        return None
    mean = fmean(centre)
    squares = sum((value - mean) ** 2 for value in centre) + sum(leg.squares for leg in legs)
    variance = squares / freedom / len(centre) + sum(leg.variance for leg in legs)
    return quantile(min((leg.freedom for leg in legs), default=freedom)) * math.sqrt(variance)
