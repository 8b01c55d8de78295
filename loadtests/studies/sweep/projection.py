"""What a sweep says of a service with the reader's own figures."""

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


class OwnFigures(NamedTuple):
    """Of the reader's service: database milliseconds per request, hit ratio, requests at once; None where unknown."""

    database_ms: float | None = None
    hit_ratio: float | None = None
    concurrency: float | None = None

    @property
    def known(self) -> dict[str, float]:
        """By factor."""
        return {name: value for name, value in self._asdict().items() if value is not None}


class Position(msgspec.Struct, frozen=True):
    """The reader's figure on one axis, where it is used, and the nearest measured level."""

    factor: str
    given: float
    used: float
    nearest: float
    note: str


class Change(NamedTuple):
    """The change of the log ratio from the centre to the reader's level of one factor, by its curve."""

    difference: float
    variance: float
    squares: float
    freedom: int


class Projection(msgspec.Struct, frozen=True):
    """How many times better one change would be at the reader's position, with its interval; None where unknown."""

    comparison: str
    ratio: float | None
    low: float | None
    high: float | None
    verdict: str


def positions(document: Document, own: OwnFigures) -> list[Position]:
    """The reader's position on each axis.

    The database axis is the injected round trip, so the time that a statement took here is subtracted first.
    """
    return [_position(document, BY_NAME[name], given) for name, given in own.known.items()]


def projections(document: Document, own: OwnFigures) -> list[Projection]:
    """The ratio of each comparison at the reader's position.

    Log ratio at the centre, plus what each factor's curve says between the centre and the reader's level. Factors were
    varied one at a time, so this assumes that they do not interact.
    """
    axes = positions(document, own)
    return [_projection(document.cells, name, pair, axes) for name, pair in document.comparisons.items()]


def _position(document: Document, factor: Factor, given: float) -> Position:
    own = _own_milliseconds(document.cells) if factor.name == "database_ms" else 0.0
    wanted = max(0.0, given - own)
    low, high = min(factor.levels), max(factor.levels)
    used = min(max(wanted, low), high)
    nearest = min((*factor.levels, factor.centre), key=lambda level: abs(factor.scale(level) - factor.scale(used)))
    notes = []
    if own:
        notes.append(f"{own:.2f} ms of it are the statement itself, as measured here")
    if used != wanted:
        notes.append(f"outside of {written(low, factor)} to {written(high, factor)}: clamped to the measured range")
    return Position(factor.name, given, used, nearest, "; ".join(notes))


def _own_milliseconds(cells: Sequence[Cell]) -> float:
    known = [cell.database_ms for cell in cells if cell.factor == CENTRE_NAME and cell.database_ms is not None]
    return median(known) if known else 0.0


def _projection(cells: Sequence[Cell], comparison: str, pair: Pair, axes: Sequence[Position]) -> Projection:
    centre = [math.log(value.ratio) for value in values(cells, CENTRE_FACTOR, pair)]
    if not centre:
        return Projection(comparison, None, None, None, "the centre was not measured")
    cached = caches(cells, pair)
    changes = []
    for position in (position for position in axes if cached or position.factor != "hit_ratio"):
        change = _change(cells, pair, position)
        if change is None:
            title = BY_NAME[position.factor].title
            return Projection(comparison, None, None, None, f"{title} was not swept, or too few of its points count")
        changes.append(change)
    total = fmean(centre) + sum(change.difference for change in changes)
    half = _half_interval(centre, changes)
    if half is None:
        return Projection(comparison, math.exp(total), None, None, ONCE)
    low, high = total - half, total + half
    return Projection(comparison, math.exp(total), math.exp(low), math.exp(high), verdict(low, high))


def _change(cells: Sequence[Cell], pair: Pair, position: Position) -> Change | None:
    factor = BY_NAME[position.factor]
    measured = [(value.level, math.log(value.ratio)) for value in values(cells, factor, pair)]
    if len({level for level, _ in measured}) < FEWEST:
        return None
    curve = Curve(measured, factor.scale)
    difference, spread = curve.difference(position.used, factor.centre)
    return Change(difference, spread**2, *curve.scatter)


def _half_interval(centre: Sequence[float], changes: Sequence[Change]) -> float | None:
    """Half of the 95 % interval, None where nothing shows the scatter.

    The centre may have been measured once, so its scatter is pooled from all curves and its own values. Student's t has
    the degrees of freedom of the curve with the fewest.
    """
    freedom = len(centre) - 1 + sum(change.freedom for change in changes)
    if not freedom:
        return None
    mean = fmean(centre)
    squares = sum((value - mean) ** 2 for value in centre) + sum(change.squares for change in changes)
    variance = squares / freedom / len(centre) + sum(change.variance for change in changes)
    return quantile(min((change.freedom for change in changes), default=freedom)) * math.sqrt(variance)
