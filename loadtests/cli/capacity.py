"""`capacity`: how many requests per second each combination can serve."""

from typing import Any, Final

import click

from loadtests.cli import options as cli
from loadtests.cli.options import Checked, between, decimals, option, percent
from loadtests.runner.ended import ended
from loadtests.schema.capacity import Tolerance
from loadtests.schema.plan import Plan, routes_of
from loadtests.schema.settings import by_route, check_routes, refuse
from loadtests.studies.capacity.command import measure
from loadtests.studies.capacity.options import Options, judged, read_objectives, written

NOBODY: Final = "none"
MOST_VISITORS: Final = 2000
OBJECTIVES: Final = "product=100,products=100,revenue=1000"
FITTED: Final = "1,2,3,4,6,8,12,16,24,32"
# Options of the command that are fields of Options unchanged.
FIELDS: Final = ("step_s", "warm_up_s", "first", "highest", "resolution", "worst_latency", "fitted", "law_mix", "json")
LIMITS: Final = Checked("ROUTE=MS,...", read_objectives)
MIX: Final = Checked("ROUTE=N,...", lambda name, text: written(by_route(name, text)))


def _visitors(name: str, text: str) -> tuple[int, ...]:
    if text == NOBODY:
        return ()
    numbers = [part.strip() for part in text.split(",")]
    if not all(number.isdecimal() and 0 < int(number) <= MOST_VISITORS for number in numbers):
        refuse(name, text, f"give numbers from 1 to {MOST_VISITORS} with commas, or {NOBODY}")
    return tuple(dict.fromkeys(map(int, numbers)))


VISITORS: Final = Checked("N,...", _visitors)


@click.command(
    epilog="""\b
Examples:
  python -m loadtests capacity --combinations sync,async --step 4 --resolution 10
  python -m loadtests capacity --objectives product=50,products=50,revenue=500
  STEP=4 make matrix PROFILE=capacity

docs/studies.md explains the figures.
"""
)
@option("objectives", LIMITS, "Milliseconds within which 95 % of a route's answers come.", OBJECTIVES)
@option("may-fail", percent(0, 50), "Share of a step's requests that may fail.", "0")
@option("may-drop", percent(0, 50), "Share of due requests that may be dropped.", "0")
@option("step", decimals(1, 600), "Measured seconds of a step of the search.", "8", "step_s")
@option("warm-up", decimals(0.2, 600), "Seconds of load before them, not measured.", "2", "warm_up_s")
@option("first", between(1, 100_000), "Requests per second of the first step; the rate doubles from there.", "50")
@option("highest", between(1, 100_000), "The highest rate tried, in requests per second.", "20000")
@option("resolution", percent(0.1, 50), "Distance between the highest rate that passes and the lowest that fails.", "5")
@option("worst-latency", decimals(0.05, 10), "There are VUs for rate x these seconds; more requests are dropped.", "1")
@option("concurrency", VISITORS, f"VUs for the Universal Scalability Law, or `{NOBODY}`.", FITTED, "fitted")
@option("law-mix", MIX, "Their mix; reports are left out, see docs/studies.md.", "product=60,products=38")
@option("predict", VISITORS, "VUs that are predicted, and measured but not fitted.", "20,48", "predicted")
@cli.json_option
@cli.plan_options
@cli.load_options("mix", "hit-ratio", "routes", "service-host")
def command(**values: Any) -> int:
    """The highest arrival rate at which each combination meets its objectives, the cost of a request there, and how
    throughput scales with concurrency.

    The load is an open model: requests do not wait for answers.
    """
    return ended("capacity", lambda: measure(*read(**values)))


def read(
    objectives: dict[str, float], may_fail: float, may_drop: float, predicted: tuple[int, ...], **values: Any
) -> tuple[Options, Plan]:
    own = {name: values.pop(name) for name in FIELDS}
    plan = cli.plan_of("capacity", **values)
    _check(plan, **own)
    limits, tolerance = judged(objectives, plan.mix), Tolerance(may_fail, may_drop)
    predicted = predicted if own["fitted"] else ()
    return Options(objectives=limits, mix=plan.mix, tolerance=tolerance, predicted=predicted, **own), plan


def _check(plan: Plan, first: int, highest: int, fitted: tuple[int, ...], law_mix: str, **_more: Any) -> None:
    if first > highest:
        refuse("FIRST", first, f"it is above HIGHEST={highest}")
    if fitted:
        check_routes("LAW_MIX", law_mix, routes_of(plan.load))
