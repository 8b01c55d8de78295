"""A line or a parabola through log ratios over a factor."""

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc

from loadtests.analysis.effects import student_t

Vector: TypeAlias = NDArray[np.float64]
# A level and the log of how many times better the change was there, above 0 is better.
Measured: TypeAlias = tuple[float, float]

# Through fewer levels nothing is drawn, and through no more than these no parabola.
FEWEST: Final = 4
GRID: Final = 501
HALVINGS: Final = 60
CURVED: Final = 0.01


class Curve:
    """A polynomial of degree 1, or 2 where a parabola fits clearly better, through log ratios over a scaled factor.

    Ordinary least squares. The parabola is taken when its F test against the line has p below 1 %.
    """

    def __init__(self, measured: Sequence[Measured], scale: Callable[[float], float]) -> None:
        self._scale = scale
        levels = {at for at, _ in measured}
        self._low, self._high = min(levels), max(levels)
        self._grid = np.linspace(scale(self._low), scale(self._high), GRID)
        places = np.array([scale(at) for at, _ in measured])
        values = np.array([value for _, value in measured])
        line, bent = _Squares(places, values, 1), _Squares(places, values, 2)
        self._best = bent if len(levels) > FEWEST and _clearly(line, bent) else line

    @property
    def quantile(self) -> float:
        """Student's t for a two-sided 95 % interval."""
        return student_t(self._best.freedom)

    def on_a_grid(self) -> tuple[Vector, Vector]:
        """Values and standard errors at GRID evenly spaced places between the outer levels."""
        return self._best.along(self._best.rows(self._grid))

    def level(self, place: int) -> float:
        """The level at a place of the grid, by bisection."""
        low, high = self._low, self._high
        if place == 0:
            return low
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._scale(middle) < self._grid[place] else (low, middle)
        return high


class _Squares:
    def __init__(self, places: Vector, values: Vector, degree: int) -> None:
        self._degree = degree
        rows = self.rows(places)
        self.freedom = len(values) - degree - 1
        self._inverse = np.linalg.pinv(rows.T @ rows)
        self._weights = self._inverse @ rows.T @ values
        self.squares = float(((values - rows @ self._weights) ** 2).sum())

    def rows(self, places: Vector) -> Vector:
        rows: Vector = np.vander(places, self._degree + 1, increasing=True)
        return rows

    def along(self, rows: Vector) -> tuple[Vector, Vector]:
        variance = self.squares / self.freedom if self.freedom > 0 else math.inf
        shares = np.einsum("ij,jk,ik->i", rows, self._inverse, rows)
        return rows @ self._weights, np.sqrt(variance * np.maximum(shares, 0.0))


def _clearly(line: _Squares, bent: _Squares) -> bool:
    if bent.freedom < 1 or bent.squares <= 0:
        return False
    ratio = (line.squares - bent.squares) / (bent.squares / bent.freedom)
    return float(fdtrc(1, bent.freedom, max(0.0, ratio))) < CURVED
