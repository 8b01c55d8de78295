"""What a service has to hold: which share of each route's answers within how many milliseconds, and no failure."""

from collections.abc import Mapping
from typing import Final, TypeAlias

import msgspec

from loadtests.plan import UnusableInput
from loadtests.results_schema import Result

# Milliseconds within which 95 % of a route's answers have to come: "p95 at most".
Objectives: TypeAlias = Mapping[str, float]

PRESET: Final = "product=100,products=100,revenue=1000"
MAY_BE_LATE: Final = 0.05


class Tolerance(msgspec.Struct, frozen=True):
    """Which share of the requests may fail, and which share of those that were due may be dropped."""

    failed: float = 0.0
    dropped: float = 0.0

    def __str__(self) -> str:
        failed = f"failed at most {self.failed:.3g}" if self.failed else "no failure"
        return f"{failed}, {f'dropped at most {self.dropped:.3g}' if self.dropped else 'none dropped'}"


STRICT: Final = Tolerance()


def read_objectives(text: str) -> dict[str, float]:
    """Gives the objectives of `route=milliseconds,...`; raises UnusableInput."""
    objectives: dict[str, float] = {}
    for part in text.split(","):
        route, _, limit = (word.strip() for word in part.partition("="))
        try:
            objectives[route] = float(limit)
        except ValueError:
            raise UnusableInput(f"OBJECTIVES={text}: write it as {PRESET}") from None
        if not route or not 0 < objectives[route] <= 10_000:
            raise UnusableInput(f"OBJECTIVES={text}: give milliseconds above 0, 10000 at most, for each route")
    return objectives


def written(objectives: Objectives) -> str:
    """Gives the objectives as k6 reads them."""
    return ",".join(f"{route}={limit:g}" for route, limit in objectives.items())


def broken(result: Result, objectives: Objectives, tolerance: Tolerance = STRICT) -> list[str]:
    """Gives each objective that a result breaks, in words; none when all hold.

    "p95 at most L" is decided by counting: at most 5 % of a route's answers took longer than L. That needs no
    percentile, so it is exact for a route with few requests too.
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
