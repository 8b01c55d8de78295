"""The options of a sweep, and how long turns last in its time."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.report.numbers import MINUTE_S
from loadtests.schema.settings import refuse
from loadtests.studies.sweep.factors import Point, points

# For each way in which services are started: they are stopped and started, read, and warmed for longer.
START_S: Final = 12.0
# Around the turns: the machine settles, k6 starts, warms the services and ends.
AROUND_S: Final = 5.0
SHORTEST_S: Final = 3.0
# Rounds get longer with the visitors, since a turn lasts as long as their answers.
PATIENT_FROM: Final = 75


class Options(NamedTuple):
    """The sweep, and the seconds of turns at a point of few visitors."""

    minutes: float
    turns_s: float
    points: int
    factors: tuple[str, ...]
    read: Path | None
    json: Path | None = None


def options_of(minutes: float, factors: Sequence[str], read: Path | None, json: Path | None) -> Options:
    """Raises UnusableInput where the time is too short."""
    groups = points(factors)
    every = [point for group in groups.values() for point in group]
    around = START_S * len(groups) + AROUND_S * len(every)
    parts = sum(map(weight, every))
    turns_s = (minutes * MINUTE_S - around) / parts
    if turns_s < SHORTEST_S and read is None:
        least = math.ceil((around + parts * SHORTEST_S) / MINUTE_S)
        refuse("MINUTES", f"{minutes:g}", f"{len(every)} points need {least} at least; sweep fewer FACTORS")
    return Options(minutes, round(turns_s, 1), len(every), tuple(factors), read, json)


def weight(point: Point) -> float:
    """How many times as long as a point of few visitors it is measured."""
    return max(1.0, point.concurrency / PATIENT_FROM)
