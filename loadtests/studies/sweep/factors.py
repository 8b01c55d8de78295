"""The factors of a sweep, their levels, and the time for each."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from loadtests.report.numbers import MINUTE_S
from loadtests.schema.settings import refuse


class Setting(NamedTuple):
    """The settings with which services are started."""

    connections: float
    in_flight: float
    behind_proxy: bool

    @property
    def environment(self) -> dict[str, str]:
        return {"POOL": f"{self.connections:g}", "IN_FLIGHT": f"{self.in_flight:g}"}

    def __str__(self) -> str:
        words = " ".join(f"{name}={value}" for name, value in self.environment.items())
        return f"{words} behind the proxy" if self.behind_proxy else words


class Point(NamedTuple):
    """One level of each factor; without a proxy before the database if `database_ms` is None."""

    concurrency: float = 8
    database_ms: float | None = None
    hit_ratio: float = 0.8
    connections: float = 16
    in_flight: float = 32

    @property
    def setting(self) -> Setting:
        return Setting(self.connections, self.in_flight, self.database_ms is not None)

    @property
    def load(self) -> dict[str, str]:
        return {"VISITORS": f"{self.concurrency:g}", "HIT_RATIO": f"{self.hit_ratio:g}", "DURATION": "0"}

    @property
    def injected(self) -> list[str]:
        return [] if self.database_ms is None else [f"database {self.database_ms:g} ms away, by a proxy"]


class Factor(NamedTuple):
    """One factor, varied while all others stay as in `around`.

    `scale` turns a level into a number over which log ratios are nearly linear between neighbouring levels.
    """

    name: str
    title: str
    unit: str
    levels: tuple[float, ...]
    scale: Callable[[float], float]
    inverse: Callable[[float], float]
    around: Point = Point()

    def points(self) -> list[Point]:
        return [self.around._replace(**{self.name: level}) for level in self.levels]

    def written(self, level: float) -> str:
        return f"{level:.0%}" if self.name == HITS else f"{level:.3g}{self.unit}"


HITS: Final = "hit_ratio"
# More concurrent requests than connections or places: with fewer none would wait for them.
BUSY: Final = Point(concurrency=32)
FACTORS: Final = (
    Factor("concurrency", "visitors at once", "", (1, 8, 32, 100), math.log, math.exp),
    Factor("database_ms", "database round trip, injected", " ms", (0, 1, 5, 20, 100), math.log1p, math.expm1),
    Factor(HITS, "cache hit ratio", "", (0, 0.5, 0.8, 0.95, 0.99), float, float),
    Factor("connections", "database connections", "", (4, 8, 16, 32), math.log, math.exp, BUSY),
    # With fewer places a service refuses some of these concurrent requests.
    Factor("in_flight", "threads, or requests in flight", "", (12, 16, 32), math.log, math.exp, BUSY),
)
BY_NAME: Final = {factor.name: factor for factor in FACTORS}


def points(names: Iterable[str]) -> dict[Setting, list[Point]]:
    """Each point once, grouped by the services' settings."""
    groups: dict[Setting, list[Point]] = {}
    for point in dict.fromkeys(point for name in names for point in BY_NAME[name].points()):
        groups.setdefault(point.setting, []).append(point)
    return groups


def titled(point: Point) -> str:
    levels = {BY_NAME[name]: level for name, level in point._asdict().items() if level is not None}
    return ", ".join(f"{factor.title} {factor.written(level)}" for factor, level in levels.items())


# Per setting: services are stopped and started, ledgers read, and the first warm-up is longer.
START_S: Final = 12.0
# Per point besides the turns: the machine settles, k6 starts, warms up and ends.
AROUND_S: Final = 5.0
SHORTEST_S: Final = 3.0
# Rounds get longer with more visitors, since a turn lasts as long as their answers.
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
    """Raises UnusableInput if the time is too short."""
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
    """How many times longer than a point with few visitors it is measured."""
    return max(1.0, point.concurrency / PATIENT_FROM)
