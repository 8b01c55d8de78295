"""What the shares are held to: 92 % to 98 % of the intervals hold the truth, 5 % of equal services raise an alarm."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from scipy.stats import binomtest

from loadtests.simulation.proof import Proof, Table

LEAST_HELD, MOST_HELD = 0.92, 0.98
MOST_ALARMS: Final = 0.05
# A share of few runs is beyond a bound by chance too: once in a thousand.
CHANCE: Final = 0.001


def beyond(proof: Proof, runs: int) -> list[str]:
    """Gives each share that is beyond its bound, by more than chance explains (one-sided binomial test), in words."""
    return [
        *_outside("intervals that hold the true ratio", proof.coverage, runs),
        *_outside("intervals that hold the true difference", proof.coverage_of_differences, runs),
        *_above("false alarms", proof.false_alarms, MOST_ALARMS, runs),
    ]


def range_of(tables: dict[str, Table]) -> tuple[float, float]:
    """Gives the smallest and the largest of all shares."""
    shares = list(chain.from_iterable(row.values() for table in tables.values() for row in table.values()))
    return min(shares), max(shares)


def _outside(title: str, tables: dict[str, Table], runs: int) -> Iterator[str]:
    for name, table in tables.items():
        yield from _above(f"{title}, {name}", table, MOST_HELD, runs)
        missed = {effect: {metric: 1 - share for metric, share in row.items()} for effect, row in table.items()}
        yield from _above(f"{title}, {name}: missed", missed, 1 - LEAST_HELD, runs)


def _above(title: str, table: Table, bound: float, runs: int) -> Iterator[str]:
    for effect, row in table.items():
        for metric, share in row.items():
            if binomtest(round(share * runs), runs, bound, "greater").pvalue < CHANCE:
                yield f"{title}, {effect}, {metric}: {share:.1%}, and {bound:.0%} is the bound"
