"""What is swept, over which levels, and the order in which points are measured."""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

Settings = Mapping[str, float]


class Factor(NamedTuple):
    """One thing that is varied while all others stay at the centre.

    `scale` turns a level into the number over which a line is fitted. An `injected` factor is a delay by the proxy, at
    all of its levels; nothing is injected at the centre.
    """

    name: str
    title: str
    unit: str
    levels: tuple[float, ...]
    centre: float
    scale: Callable[[float], float]
    injected: bool = False


FACTORS: Final = (
    Factor("concurrency", "visitors at once", "", (10, 25, 100, 300, 1000), 50, math.log),
    Factor("database_ms", "database round trip, injected", " ms", (0, 1, 5, 20, 100), 0, math.log1p, injected=True),
    Factor("hit_ratio", "cache hit ratio", "", (0, 0.5, 0.95, 0.99), 0.8, float),
    Factor("connections", "database connections", "", (4, 8, 32, 64), 16, math.log),
    Factor("in_flight", "threads, or requests in flight", "", (8, 16, 64), 32, math.log),
)
BY_NAME: Final = {factor.name: factor for factor in FACTORS}
CENTRE: Final[Settings] = {factor.name: factor.centre for factor in FACTORS}
CENTRE_NAME: Final = "centre"


class Point(NamedTuple):
    """One setting of all factors; `factor` is the one that is swept, or CENTRE_NAME."""

    factor: str
    level: float

    @property
    def settings(self) -> dict[str, float]:
        return {**CENTRE, **({self.factor: self.level} if self.factor != CENTRE_NAME else {})}

    @property
    def environment(self) -> dict[str, str]:
        settings = self.settings
        return {"POOL": f"{settings['connections']:.0f}", "IN_FLIGHT": f"{settings['in_flight']:.0f}"}

    @property
    def setting(self) -> str:
        """What distinguishes how services are started: the same for points that differ in load or distance only."""
        made = " ".join(f"{name}={value}" for name, value in self.environment.items())
        return made if self.injected_ms is None else f"{made} behind the proxy"

    @property
    def injected_ms(self) -> float | None:
        """The delay by the proxy; None where there is no proxy."""
        return self.level if self.factor in BY_NAME and BY_NAME[self.factor].injected else None


def points(names: Sequence[str]) -> list[Point]:
    return [Point(CENTRE_NAME, 0), *(Point(name, level) for name in names for level in BY_NAME[name].levels)]


def settings_of(names: Sequence[str]) -> dict[str, Point]:
    """A point for each way in which services are started, the centre first."""
    found: dict[str, Point] = {}
    for point in points(names):
        found.setdefault(point.setting, point)
    return found


def ordered(
    names: Sequence[str], axes: Mapping[str, tuple[str, bool]], passes: int, seed: int
) -> Iterator[tuple[int, Point, str]]:
    """Pass, point and combination of every cell, in the order of measuring.

    Points are shuffled in each pass, so that a drift of the machine does not look like a factor. At each point the two
    stacks of one cache setting follow each other; which stack and which cache setting comes first alternates.
    """
    chance = random.Random(seed)
    turn = 0
    for number in range(1, passes + 1):
        shuffled = points(names)
        chance.shuffle(shuffled)
        for point in shuffled:
            yield from ((number, point, name) for name in _combinations(axes, turn))
            turn += 1


def _combinations(axes: Mapping[str, tuple[str, bool]], turn: int) -> list[str]:
    groups = [[name for name in axes if axes[name][1] is cached] for cached in (False, True)]
    inner = [group[::-1] if turn % 2 else group for group in groups]
    outer = inner[::-1] if turn // 2 % 2 else inner
    return [name for group in outer for name in group]
