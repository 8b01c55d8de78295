"""What a service has to hold: which share of each route's answers within how many milliseconds, and no failure."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from loadtests.schema.capacity import STRICT, Tolerance
from loadtests.schema.options import Option, decimal, study_parser
from loadtests.schema.plan import Plan, UnusableInput, number, read_mix, read_plan
from loadtests.schema.result import Result
from loadtests.studies.capacity.search import steps_expected

# Milliseconds within which 95 % of a route's answers have to come: "p95 at most".
Objectives: TypeAlias = Mapping[str, float]

PRESET: Final = "product=100,products=100,revenue=1000"
MAY_BE_LATE: Final = 0.05


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


FITTED: Final = "1,2,3,4,6,8,12,16,24,32"
PREDICTED: Final = "20,48"
# Around a step: k6 starts, the last answers come, the machine settles.
AROUND_S: Final = 2.5
ENOUGH_FOR_P95: Final = 200
FEWEST_REQUESTS: Final = 40
LONGEST_STEP: Final = 3
LONGEST_CONFIRMATION: Final = 6
TYPICAL_RPS: Final = 1000

OPTIONS: Final[tuple[Option, ...]] = (
    ("objectives", PRESET, "milliseconds within which 95 % of a route's answers have to come"),
    ("may-fail", "0", "per cent of a step's requests that may fail"),
    ("may-drop", "0", "per cent of the requests that were due and may be dropped"),
    ("step", "8", "seconds that one step of the search measures"),
    ("warm-up", "2", "seconds before them that are left out"),
    ("first", "50", "requests a second of the first step; it doubles from there"),
    ("highest", "20000", "requests a second that are not passed"),
    ("resolution", "5", "per cent between the highest rate that holds and the lowest that breaks"),
    ("worst-latency", "1", "seconds; k6 has VUs for rate x this, and requests that find no free VU are dropped"),
    ("concurrency", FITTED, "visitors at once, for the Universal Scalability Law; `none` leaves the law out"),
    ("law-mix", "product=60,products=38", "the load of these; reports are left out, see docs/studies.md"),
    ("predict", PREDICTED, "visitors at once that are measured, but predicted and not fitted"),
    ("json", "", "also write the figures to this file"),
)
DESCRIPTION: Final = """
The highest arrival rate at which each combination holds its objectives, what a request costs there, and how
throughput scales with concurrency. Requests come in an open model, whatever the answers do.
"""
EPILOG: Final = """
Each option is also a variable: STEP=4 make matrix PROFILE=capacity. MIX= changes the load. The options of
`python -m loadtests.run` that say what is measured work here too: --combinations, --stack, --port-base, --workers,
--results. docs/studies.md explains the figures.

  python -m loadtests.capacity --combinations sync,async --step 4 --resolution 10
  python -m loadtests.capacity --objectives product=50,products=50,revenue=500
"""


class Asked(NamedTuple):
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
        """Seconds of one step at a rate: enough requests of every judged route, within bounds."""
        return min(max(self.step_s, FEWEST_REQUESTS / self._rarest(rate)), LONGEST_STEP * self.step_s)

    def confirmation_s(self, rate: int) -> float:
        """Seconds of the second pass at a rate: enough for a p95 of every route that has an objective."""
        return min(max(2 * self.step_s, ENOUGH_FOR_P95 / self._rarest(rate)), LONGEST_CONFIRMATION * self.step_s)

    def _rarest(self, rate: int) -> float:
        judged = min(weight for route, weight in self.mix.items() if route in self.objectives)
        return rate * judged / sum(self.mix.values())

    def expected_s(self) -> float:
        """Seconds that one combination takes, about."""
        around = self.warm_up_s + AROUND_S
        search = steps_expected(self.first, self.resolution, TYPICAL_RPS) * (self.step_s + around)
        closed = (len(self.fitted) + len(self.predicted)) * ((self.step_s + self.warm_up_s) / 2 + AROUND_S)
        return search + self.confirmation_s(TYPICAL_RPS) + around + closed


def read_asked(arguments: Sequence[str] | None) -> tuple[Asked, Plan]:
    """Gives what was asked for; raises UnusableInput."""
    options, rest = study_parser("capacity", DESCRIPTION, EPILOG, OPTIONS).parse_known_args(arguments)
    plan = read_plan(["--profile", "capacity", *rest])
    mix = read_mix(os.environ.get("MIX", "")) or plan.profile.mix
    objectives = read_objectives(options.objectives)
    judged = {route: limit for route, limit in objectives.items() if route in mix}
    if not judged:
        raise UnusableInput(f"OBJECTIVES={options.objectives}: none of these routes is in the mix ({', '.join(mix)})")
    return (
        Asked(
            objectives=judged,
            step_s=decimal("STEP", options.step, 1, 600),
            warm_up_s=decimal("WARM_UP", options.warm_up, 0.2, 600),
            first=number("FIRST", options.first, 1, 100_000),
            highest=number("HIGHEST", options.highest, 1, 100_000),
            resolution=decimal("RESOLUTION", options.resolution, 0.1, 50) / 100,
            worst_latency=decimal("WORST_LATENCY", options.worst_latency, 0.05, 10),
            fitted=_visitors("CONCURRENCY", options.concurrency),
            predicted=_visitors("PREDICT", options.predict) if options.concurrency != "none" else (),
            mix=mix,
            law_mix=options.law_mix,
            json=Path(options.json) if options.json else None,
            tolerance=Tolerance(_share("MAY_FAIL", options.may_fail), _share("MAY_DROP", options.may_drop)),
        ),
        plan,
    )


def _share(name: str, text: str) -> float:
    return decimal(name, text, 0, 50) / 100


def _visitors(name: str, text: str) -> tuple[int, ...]:
    if text == "none":
        return ()
    return tuple(dict.fromkeys(number(name, part.strip(), 1, 2000) for part in text.split(",")))
