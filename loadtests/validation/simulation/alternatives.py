"""Other analyses of the same rounds, to say with figures why the shipped one was chosen.

A Williams square would also allow for the order within a round and for what a cell leaves to the next one
(B. Jones and M. Kenward, "Design and Analysis of Cross-Over Trials", chapter 4). Each term takes degrees of freedom,
of which four rounds have few, and one error for all cells takes quiet cells to be as noisy as loud ones.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
from scipy.special import stdtrit

from loadtests.analysis.effects import CONFIDENCE, interval
from loadtests.analysis.read import COMBINATIONS, Rounds
from loadtests.schema.design import orders

Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ends: TypeAlias = tuple[float, float]
Logarithms: TypeAlias = Mapping[tuple[int, str], float]
Analysis: TypeAlias = Callable[[Logarithms, str, str], Ends]


def logarithms(rounds: Rounds) -> Logarithms:
    """Gives the logarithm of the average latency of every cell."""
    cells = ((number, result) for number, row in rounds.items() for result in row.values())
    return {(number, one.combination): math.log(one.latency_ms.avg or math.nan) for number, one in cells}


def by_round(values: Logarithms, without: str, with_it: str) -> Ends:
    """Gives the shipped interval: Student's t over the differences of each round."""
    _, low, high = interval(_differences(values, without, with_it))
    return (math.nan, math.nan) if low is None or high is None else (low, high)


def by_round_and_order(values: Logarithms, without: str, with_it: str) -> Ends:
    """Gives the interval with a straight line for the order within a round taken out of the differences."""
    steps = [_place(number, without) - _place(number, with_it) for number in _numbers(values)]
    design = np.column_stack([np.ones(len(steps)), steps]).astype(float)
    return _fitted(design, np.array(_differences(values, without, with_it)), np.array([1.0, 0.0]))


def one_error(values: Logarithms, without: str, with_it: str) -> Ends:
    """Gives the interval of an analysis of variance of all cells: combination, round and order."""
    return _all_cells(values, without, with_it, carry_over=False)


def one_error_with_carry_over(values: Logarithms, without: str, with_it: str) -> Ends:
    """Gives the same with a term for the combination measured before."""
    return _all_cells(values, without, with_it, carry_over=True)


ANALYSES: Final[dict[str, Analysis]] = {
    "by round (shipped)": by_round,
    "by round, less order": by_round_and_order,
    "one error for all cells, less order": one_error,
    "the same, less carry-over": one_error_with_carry_over,
}


def _all_cells(values: Logarithms, without: str, with_it: str, carry_over: bool) -> Ends:
    cells = sorted(values)
    rows = [_row(number, name, carry_over) for number, name in cells]
    columns = sorted({key for row in rows for key in row})
    design = np.array([[row.get(column, 0.0) for column in columns] for row in rows])
    contrast = np.array([(column == f"is {without}") - (column == f"is {with_it}") for column in columns], dtype=float)
    return _fitted(design, np.array([values[cell] for cell in cells]), contrast)


def _row(number: int, name: str, carry_over: bool) -> dict[str, float]:
    place = _place(number, name)
    row = {f"is {name}": 1.0, f"round {number}": 1.0, f"place {place}": 1.0}
    if carry_over and place > 0:
        row[f"after {orders(COMBINATIONS, number)[-1][place - 1]}"] = 1.0
    return row


def _fitted(design: Array, values: Array, contrast: Array) -> Ends:
    """Least squares by the pseudo-inverse, as the terms are not independent; the contrast is estimable."""
    inverse = np.linalg.pinv(design.T @ design)
    fitted = inverse @ design.T @ values
    left = len(values) - int(np.linalg.matrix_rank(design))
    spread = math.sqrt(float(np.sum((values - design @ fitted) ** 2)) / left * float(contrast @ inverse @ contrast))
    middle, half = float(contrast @ fitted), float(stdtrit(left, (1 + CONFIDENCE) / 2)) * spread
    return middle - half, middle + half


def _differences(values: Logarithms, without: str, with_it: str) -> Sequence[float]:
    return [values[number, without] - values[number, with_it] for number in _numbers(values)]


def _numbers(values: Logarithms) -> list[int]:
    return sorted({number for number, _ in values})


def _place(number: int, name: str) -> int:
    return orders(COMBINATIONS, number)[-1].index(name)
