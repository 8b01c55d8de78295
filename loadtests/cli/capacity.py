"""`capacity`: how many requests a second each combination can take."""

from typing import Any, Final

import click

from loadtests.cli.options import (
    Checked,
    between,
    decimals,
    json_option,
    load_options,
    not_resumed,
    option,
    percent,
    plan_of,
    plan_options,
)
from loadtests.runner.ended import ended
from loadtests.schema.capacity import Tolerance
from loadtests.schema.plan import Plan
from loadtests.schema.settings import by_route, refuse
from loadtests.studies.capacity.command import measure
from loadtests.studies.capacity.options import Options, judged, read_objectives, written

NOBODY: Final = "none"
MOST_VISITORS: Final = 2000


def _visitors(name: str, text: str) -> tuple[int, ...]:
    if text == NOBODY:
        return ()
    numbers = [part.strip() for part in text.split(",")]
    if not all(number.isdecimal() and 0 < int(number) <= MOST_VISITORS for number in numbers):
        refuse(name, text, f"give numbers from 1 to {MOST_VISITORS} with commas, or {NOBODY}")
    return tuple(dict.fromkeys(map(int, numbers)))


def _mix(name: str, text: str) -> str:
    return written(by_route(name, text))


@click.command(
    epilog="""\b
Examples:
  python -m loadtests capacity --combinations sync,async --step 4 --resolution 10
  python -m loadtests capacity --objectives product=50,products=50,revenue=500
  STEP=4 make matrix PROFILE=capacity

docs/studies.md explains the figures.
"""
)
@option(
    "objectives",
    Checked(read_objectives),
    "ROUTE=MS,...",
    "95 % of a route's answers take this long at most.",
    "product=100,products=100,revenue=1000",
)
@option("may-fail", percent(0, 50), "%", "Share of a step's requests that may fail.", "0")
@option("may-drop", percent(0, 50), "%", "Share of the requests that were due and may be dropped.", "0")
@option("step", decimals(1, 600), "SECONDS", "Measured time of one step of the search.", "8")
@option("warm-up", decimals(0.2, 600), "SECONDS", "Load before it that is left out.", "2")
@option("first", between(1, 100_000), "RATE", "Requests a second of the first step; it doubles from there.", "50")
@option("highest", between(1, 100_000), "RATE", "Requests a second that are not passed.", "20000")
@option("resolution", percent(0.1, 50), "%", "Between the highest rate that holds and the lowest that breaks.", "5")
@option(
    "worst-latency",
    decimals(0.05, 10),
    "SECONDS",
    "There are VUs for rate x this; requests that find none free are dropped.",
    "1",
)
@option(
    "concurrency",
    Checked(_visitors),
    "N,...",
    f"Visitors at once, for the Universal Scalability Law, or `{NOBODY}`.",
    "1,2,3,4,6,8,12,16,24,32",
)
@option(
    "law-mix",
    Checked(_mix),
    "ROUTE=N,...",
    "Their load; reports are left out, see docs/studies.md.",
    "product=60,products=38",
)
@option(
    "predict", Checked(_visitors), "N,...", "Visitors at once that are predicted, and measured but not fitted.", "20,48"
)
@json_option
@plan_options
@load_options("mix", "hit-ratio", "routes", "service-host")
@not_resumed
def command(**values: Any) -> int:
    """The highest arrival rate at which each combination holds its objectives, what a request costs there, and how
    throughput scales with concurrency.

    Requests come in an open model, whatever the answers do.
    """
    return ended("capacity", lambda: measure(*read(**values)))


def read(
    objectives: dict[str, float],
    may_fail: float,
    may_drop: float,
    step: float,
    warm_up: float,
    first: int,
    highest: int,
    resolution: float,
    worst_latency: float,
    concurrency: tuple[int, ...],
    law_mix: str,
    predict: tuple[int, ...],
    json: Any,
    **plan_values: Any,
) -> tuple[Options, Plan]:
    plan = plan_of("capacity", **plan_values)
    return (
        Options(
            objectives=judged(objectives, plan.mix),
            step_s=step,
            warm_up_s=warm_up,
            first=first,
            highest=highest,
            resolution=resolution,
            worst_latency=worst_latency,
            fitted=concurrency,
            predicted=predict if concurrency else (),
            mix=plan.mix,
            law_mix=law_mix,
            json=json,
            tolerance=Tolerance(may_fail, may_drop),
        ),
        plan,
    )
