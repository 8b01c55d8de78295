"""The Universal Scalability Law as a linear problem with non-negative unknowns."""

import math
from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, nnls

from loadtests.analysis.effects import student_t
from loadtests.schema.capacity import Estimate, Fit, Prediction

Vector: TypeAlias = NDArray[np.float64]

PARAMETERS: Final = ("lambda", "sigma", "kappa")
FEWEST: Final = 6
# If the largest load still has this share of linear scaling, sigma and kappa would be fitted to noise.
KNEE: Final = 0.5
FAR: Final = 2.0**40
# Without this minimum, exact data would leave no interval to search.
SMALLEST: Final = 1e-12


class Points:
    """Measured throughputs by concurrency, as a linear problem.

    With y = N/X the law is y = a + b (N - 1) + c N (N - 1), where a = 1/lambda, sigma = b/a, kappa = c/a. The error of
    a throughput is proportional to it, so each equation is divided by its y; then all errors have the same size.
    """

    def __init__(self, throughputs: Mapping[int, float]) -> None:
        number = np.array(list(throughputs), dtype=np.float64)
        self.y: Vector = number / np.array(list(throughputs.values()), dtype=np.float64)
        self.terms: Vector = terms(number) / self.y[:, None]
        self.ones: Vector = np.ones_like(self.y)
        self.freedom = len(number) - len(PARAMETERS)

    def best(self) -> tuple[Vector, float]:
        """a, b, c, all non-negative, and the sum of squares."""
        values, residual = nnls(self.terms, self.ones)
        return values, float(residual) ** 2

    def squares(self, parameter: str, value: float) -> float:
        """The least sum of squares with one parameter fixed."""
        first, second, third = self.terms.T
        if parameter == "lambda":
            columns, rest = np.column_stack([second, third]), self.ones - first / value
            return float(nnls(columns, rest)[1]) ** 2
        kept, other = (second, third) if parameter == "sigma" else (third, second)
        columns = np.column_stack([first + value * kept, other])
        return float(nnls(columns, self.ones)[1]) ** 2


def terms(number: Vector) -> Vector:
    return np.column_stack([np.ones_like(number), number - 1, number * (number - 1)])


def fit(throughputs: Mapping[int, float]) -> Fit:
    """The law fitted to throughputs by concurrency, or the reason why that is impossible.

    Least squares with non-negative parameters. Intervals are profiles: the values at which the sum of squares stays
    below its minimum times 1 + t²/(n - 3). They need no linear approximation and respect the bound of 0. Source:
    D. M. Bates and D. G. Watts, Nonlinear Regression Analysis, Wiley 1988, section 6.1.
    """
    if len(throughputs) < FEWEST:
        return Fit(f"{len(throughputs)} points count, {FEWEST} are needed")
    points = Points(throughputs)
    values, least = points.best()
    a, b, c = (float(value) for value in values)
    if a <= 0:
        return Fit("throughput grows faster than concurrency: the law has no such case")
    refusal = _knee(throughputs, a, b, c)
    if refusal:
        return Fit(refusal)
    best = {"lambda": 1 / a, "sigma": b / a, "kappa": c / a}
    quantile = student_t(points.freedom)
    limit = max(least, SMALLEST) * (1 + quantile**2 / points.freedom)
    parameters = {name: _profile(points, name, value, limit) for name, value in best.items()}
    kappa = parameters["kappa"]
    peak = math.sqrt(max(0.0, 1 - best["sigma"]) / kappa.value) if kappa.low > 0 else None
    return Fit(None, parameters, peak, math.sqrt(least / points.freedom), dict(throughputs))


def predict(fitted: Fit, concurrency: int, measured: float) -> Prediction:
    """The law's throughput at a concurrency that was not fitted, with its 95 % prediction interval.

    The interval is for one new measurement in the linear form above: scatter plus the uncertainty of the fit.
    """
    points = Points(fitted.fitted)
    values, least = points.best()
    line = terms(np.array([float(concurrency)]))[0]
    y = float(line @ values)
    variance = least / points.freedom
    spread = float(line @ np.linalg.pinv(points.terms.T @ points.terms) @ line) / y**2
    half = student_t(points.freedom) * math.sqrt(variance * (1 + spread))
    rate = concurrency / y
    low, high = rate / (1 + half), rate / (1 - half) if half < 1 else math.inf
    return Prediction(concurrency, rate, low, high, measured, measured / rate - 1, low <= measured <= high)


def _knee(throughputs: Mapping[int, float], a: float, b: float, c: float) -> str | None:
    largest = max(throughputs)
    efficiency = a / float(terms(np.array([float(largest)]))[0] @ np.array([a, b, c]))
    if efficiency <= KNEE:
        return None
    return (
        f"the knee was not reached: {largest} at once still bring {efficiency:.0%} of linear scaling, "
        f"the fit needs a load that brings {KNEE:.0%} at most"
    )


def _profile(points: Points, name: str, value: float, limit: float) -> Estimate:
    def above(at: float) -> float:
        return points.squares(name, at) - limit

    tiny = 1e-12 if name != "lambda" else value * 1e-6
    low = 0.0 if above(tiny) <= 0 else float(brentq(above, tiny, max(value, tiny), xtol=1e-12))
    high = max(value, 1e-9)
    while above(high) <= 0 and high < FAR:
        high *= 2
    return Estimate(value, low, float(brentq(above, max(value, tiny), high, xtol=1e-12)) if high < FAR else math.inf)
