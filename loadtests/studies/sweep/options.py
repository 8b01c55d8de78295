"""The options of a sweep, and how many passes fit into its time."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.report.numbers import MINUTE_S
from loadtests.schema.settings import refuse
from loadtests.studies.sweep.factors import points, settings_of

WARM_UP_S: Final = 1.5
# Around a cell: the service is stopped and started, the machine settles, k6 starts and ends.
AROUND_S: Final = 4.0
# Before all cells, for each ledger: the service is stopped and started, and read.
LEDGER_S: Final = 1.5
SHORTEST_S: Final = 1.0
# Another pass over all points tells more than cells that are longer than this.
ENOUGH_S: Final = 4.0


class Options(NamedTuple):
    """The sweep: its passes over all points and the seconds that each cell is measured."""

    minutes: float
    passes: int
    measured_s: float
    seed: int
    factors: tuple[str, ...]
    read: Path | None
    json: Path | None = None


def times(minutes: float, factors: Sequence[str], combinations: int) -> tuple[int, float]:
    """The passes that fit, and the seconds of a cell with which they fill the time; raises UnusableInput."""
    around, cells = WARM_UP_S + AROUND_S, len(points(factors)) * combinations
    ledgers = len(settings_of(factors)) * combinations * LEDGER_S
    seconds = minutes * MINUTE_S - ledgers
    passes = max(1, int(seconds / (cells * (around + ENOUGH_S))))
    measured = seconds / (cells * passes) - around
    if measured < SHORTEST_S:
        least = math.ceil((ledgers + cells * (around + SHORTEST_S)) / MINUTE_S)
        refuse("MINUTES", f"{minutes:g}", f"{cells} cells need {least} at least; sweep fewer FACTORS or COMBINATIONS")
    return passes, round(measured, 1)
