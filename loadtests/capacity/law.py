"""The Universal Scalability Law as a linear problem in which no unknown is below 0."""

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Vector: TypeAlias = NDArray[np.float64]

PARAMETERS: Final = ("lambda", "sigma", "kappa")


class Points:
    """Measured throughputs by concurrency, as a linear problem.

    With y = N/X the law is y = a + b (N - 1) + c N (N - 1), where a = 1/lambda, sigma = b/a, kappa = c/a. Throughput
    errs by a share of itself, so each line is divided by its y; then the errors are alike.
    """

    def __init__(self, throughputs: Mapping[int, float]) -> None:
        number = np.array(list(throughputs), dtype=np.float64)
        self.y: Vector = number / np.array(list(throughputs.values()), dtype=np.float64)
        self.terms: Vector = terms(number) / self.y[:, None]
        self.ones: Vector = np.ones_like(self.y)
        self.freedom = len(number) - len(PARAMETERS)

    def best(self) -> tuple[Vector, float]:
        """Gives a, b, c and the sum of squares; none of them below 0, as the law has it."""
        values, residual = nnls(self.terms, self.ones)
        return values, float(residual) ** 2

    def squares(self, parameter: str, value: float) -> float:
        """Gives the least sum of squares with one parameter held."""
        first, second, third = self.terms.T
        if parameter == "lambda":
            columns, rest = np.column_stack([second, third]), self.ones - first / value
            return float(nnls(columns, rest)[1]) ** 2
        kept, other = (second, third) if parameter == "sigma" else (third, second)
        columns = np.column_stack([first + value * kept, other])
        return float(nnls(columns, self.ones)[1]) ** 2


def terms(number: Vector) -> Vector:
    """Gives the three terms of y at each concurrency."""
    return np.column_stack([np.ones_like(number), number - 1, number * (number - 1)])
