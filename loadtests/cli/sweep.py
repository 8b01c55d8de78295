"""`sweep`: where async, or the cache, becomes better or worse."""

from pathlib import Path
from typing import Any

import click

from loadtests.cli import options as cli
from loadtests.cli.options import between, choices, decimals, option
from loadtests.runner.ended import ended
from loadtests.schema.plan import Plan
from loadtests.schema.settings import refuse
from loadtests.studies.sweep.command import sweep
from loadtests.studies.sweep.factors import BY_NAME
from loadtests.studies.sweep.options import SHORTEST_S, Options, times


@click.command(
    epilog="""\b
Examples:
  python -m loadtests sweep --minutes 12
  python -m loadtests sweep --factors database_ms,hit_ratio
  MINUTES=60 make matrix PROFILE=sweep
  python -m loadtests sweep --read loadtests/results/.../sweep.json

docs/studies.md explains the figures.
"""
)
@option("minutes", decimals(0.1, 24 * 60), "How long it may take, after the stack is up.", "30")
@option("factors", choices(list(BY_NAME)), "What is varied.", ",".join(BY_NAME))
@option("seed", between(0, 10**9), "Of the order of the points.", "1")
@option("read", cli.FILE, "A sweep.json: say what it holds, and measure nothing.", field="file")
@cli.json_option
@cli.plan_options
@cli.load_options("mix")
def command(**values: Any) -> int:
    """Vary one factor at a time around a stated centre (concurrency, distance of the database, hit ratio, database
    connections, threads), and say where async, or the cache, becomes better or worse, with an interval.

    More minutes make more passes over all points, and so tighter intervals.
    """
    return ended("sweep", lambda: sweep(*read(**values)))


def read(
    minutes: float, factors: tuple[str, ...], seed: int, file: Path | None, json: Path | None, **values: Any
) -> tuple[Options, Plan]:
    plan = cli.plan_of("sweep", **values)
    if plan.stack != "local":
        refuse("STACK", plan.stack, "a sweep starts services with other settings, so it needs STACK=local")
    passes, measured = (1, SHORTEST_S) if file else times(minutes, factors, len(plan.names))
    return Options(minutes, passes, measured, seed, factors, file, json), plan
