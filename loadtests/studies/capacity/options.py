"""Objectives, and the options of a search."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from loadtests.schema.capacity import STRICT, Tolerance
from loadtests.schema.result import Result
from loadtests.schema.settings import numbers, refuse
from loadtests.studies.capacity.search import steps_expected

# Milliseconds: the highest p95 of a route.
Objectives: TypeAlias = Mapping[str, float]

MAY_BE_LATE: Final = 0.05
LONGEST_MS: Final = 10_000
# Time of a step besides the load: k6 starts, the last answers come, the machine settles.
AROUND_S: Final = 2.5
ENOUGH_FOR_P95: Final = 200
FEWEST_REQUESTS: Final = 40
LONGEST_STEP: Final = 3
LONGEST_CONFIRMATION: Final = 6
TYPICAL_RPS: Final = 1000


def read_objectives(name: str, text: str) -> Objectives:
    objectives = numbers(name, text, "product=100,revenue=1000")
    wrong = [limit for limit in objectives.values() if not 0 < limit <= LONGEST_MS]
    return refuse(name, text, f"give milliseconds above 0, {LONGEST_MS} at most") if wrong else objectives


def written(objectives: Objectives) -> str:
    """In k6's format."""
    return ",".join(f"{route}={limit:g}" for route, limit in objectives.items())


def broken(result: Result, objectives: Objectives, tolerance: Tolerance = STRICT) -> list[str]:
    """A line for each objective that a result misses.

    "p95 at most L" is decided by counting: at most 5 % of a route's answers took longer than L. This is also exact for
    routes with few requests.
    """
    faults = []
    failed, dropped = result.failed + result.checks_failed, result.dropped_iterations
    if failed > tolerance.failed * result.requests:
        faults.append(f"{failed} of {result.requests} requests failed")
    if dropped > tolerance.dropped * (result.requests + dropped):
        faults.append(f"{dropped} requests were due and dropped: all VUs were waiting")
    for name, route in result.routes.items():
        limit = objectives.get(name)
        if limit is not None and route.late > MAY_BE_LATE * route.requests:
            faults.append(f"{name}: {route.late} of {route.requests} answers took over {limit:g} ms")
    return faults or ([] if result.requests else ["no request was answered"])


class Options(NamedTuple):
    """The search, the second pass, and the closed loop after it."""

    objectives: Objectives
    step_s: float
    warm_up_s: float
    first: int
    highest: int
    resolution: float
    worst_latency: float
    fitted: tuple[int, ...]
    predicted: tuple[int, ...]
    mix: dict[str, float]
    law_mix: str
    json: Path | None = None
    tolerance: Tolerance = STRICT

    def step_seconds(self, rate: int) -> float:
        """Seconds of a step at a rate: enough requests of every judged route, within bounds."""
        return min(max(self.step_s, FEWEST_REQUESTS / self._rarest(rate)), LONGEST_STEP * self.step_s)

    def confirmation_s(self, rate: int) -> float:
        """Seconds of the second pass at a rate: enough for a p95 of every route that has an objective."""
        return min(max(2 * self.step_s, ENOUGH_FOR_P95 / self._rarest(rate)), LONGEST_CONFIRMATION * self.step_s)

    def _rarest(self, rate: int) -> float:
        judged = min(weight for route, weight in self.mix.items() if route in self.objectives)
        return rate * judged / sum(self.mix.values())

    def expected_s(self) -> float:
        """The approximate seconds for one combination."""
        around = self.warm_up_s + AROUND_S
        search = steps_expected(self.first, self.resolution, TYPICAL_RPS) * (self.step_s + around)
        closed = (len(self.fitted) + len(self.predicted)) * ((self.step_s + self.warm_up_s) / 2 + AROUND_S)
        return search + self.confirmation_s(TYPICAL_RPS) + around + closed


def judged(objectives: Objectives, mix: Mapping[str, float]) -> Objectives:
    """The objectives of routes in the mix; raises UnusableInput if there are none."""
    measured = {route: limit for route, limit in objectives.items() if route in mix}
    return measured or refuse(
        "OBJECTIVES", written(objectives), f"none of these routes is in the mix ({', '.join(mix)})"
    )
