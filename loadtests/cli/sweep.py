"""`sweep`: the level at which async or the cache becomes better or worse."""

from pathlib import Path
from typing import Any

import click

from loadtests.cli import options as cli
from loadtests.cli.options import choices, decimals, option
from loadtests.runner.ended import ended
from loadtests.schema.plan import Plan
from loadtests.schema.settings import refuse
from loadtests.studies.sweep.command import sweep
from loadtests.studies.sweep.factors import BY_NAME, Options, options_of


@click.command(
    epilog="""\b
Examples:
  python -m loadtests sweep --minutes 5
  python -m loadtests sweep --factors database_ms,hit_ratio
  MINUTES=20 make matrix PROFILE=sweep
  python -m loadtests sweep --read loadtests/results/.../sweep.json

docs/studies.md explains the figures.
"""
)
@option("minutes", decimals(0.1, 24 * 60), "The longest duration, after the stack is up.", "9")
@option("factors", choices(list(BY_NAME)), "The factors to vary.", ",".join(BY_NAME))
@option("read", cli.FILE, "Print this sweep.json; measures nothing.", field="file")
@cli.json_option
@cli.plan_options
@cli.load_options("mix")
def command(**values: Any) -> int:
    """Vary one factor at a time around a stated centre (concurrency, distance of the database, hit ratio, database
    connections, threads), and say where async, or the cache, becomes better or worse, with an interval.

    At each level the services take turns. More minutes make longer turns, and so tighter intervals.
    """
    return ended("sweep", lambda: sweep(*read(**values)))


def read(
    minutes: float, factors: tuple[str, ...], file: Path | None, json: Path | None, **values: Any
) -> tuple[Options, Plan]:
    plan = cli.plan_of("sweep", **values)
    if plan.stack != "local":
        refuse("STACK", plan.stack, "a sweep starts services with other settings, so it needs STACK=local")
    if len(plan.names) < 2:
        refuse("COMBINATIONS", plan.names[0], "a sweep compares services: name two at least")
    # Otherwise the head to head would have its default routes.
    mix = ",".join(f"{route}={share:g}" for route, share in plan.mix.items())
    return options_of(minutes, factors, file, json), plan._replace(load={**plan.load, "MIX": mix})
