"""Where one becomes better than the other: where the curve through log ratios over a factor is 0."""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from loadtests.schema.sweep import Flip
from loadtests.studies.sweep.curve import FEWEST, GRID, Curve, Measured

# Closer to 1 than this is the same, here as in the comparison of rounds.
BAND: Final = math.log(1.05)


def find_flip(measured: Sequence[Measured], scale: Callable[[float], float]) -> Flip:
    """Where the log ratio is 0.

    The interval holds every level at which the 95 % confidence band of the curve holds 0; for a line that is
    Fieller's interval. Source: E. C. Fieller, "Some problems in interval estimation", JRSS B 16 (1954).
    """
    if len({at for at, _ in measured}) < FEWEST:
        return _between(measured) or Flip("too few points")
    curve = Curve(measured, scale)
    values, spreads = curve.on_a_grid()
    places = [int(place) for place in np.flatnonzero(np.abs(values) <= curve.quantile * spreads)]
    crossings = [int(place) + 1 for place in np.flatnonzero(np.diff(values > 0))]
    if not places and not crossings:
        return Flip("none", better=bool(values[0] > 0))
    if len(crossings) == 1 and not {0, GRID - 1} & set(places):
        # A band narrower than the grid lies between two of its places.
        around = [*places, crossings[0] - 1, crossings[0]]
        at, low, high = (curve.level(place) for place in (crossings[0], min(around), max(around)))
        return Flip("flip", at, low, high, bool(values[-1] > 0))
    return _between(measured) or Flip("not shown")


def _between(measured: Sequence[Measured]) -> Flip | None:
    """The two levels between which the sign changes, once, with all values more than 5 % from 1."""
    levels = sorted({at for at, _ in measured})
    signs = {level: {_sign(value) for at, value in measured if at == level} for level in levels}
    clear = [(level, sign.copy().pop()) for level, sign in signs.items() if len(sign) == 1 and 0 not in sign]
    changes = [place for place in range(1, len(clear)) if clear[place][1] != clear[place - 1][1]]
    if len(changes) != 1 or any({-1, 1} <= sign for sign in signs.values()):
        return None
    return Flip("between", None, clear[changes[0] - 1][0], clear[changes[0]][0], clear[-1][1] > 0)


def _sign(value: float) -> int:
    return 0 if abs(value) <= BAND else int(math.copysign(1, value))
