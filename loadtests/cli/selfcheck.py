"""`selfcheck`: tests the head to head against a known truth, on real services."""

from pathlib import Path
from typing import Any

import click

from loadtests.cli import options as cli
from loadtests.runner.ended import ended
from loadtests.schema.plan import RESULTS
from loadtests.validation.selfcheck import TURNS_S, Options, check


@click.command(
    epilog="""\b
Examples:
  python -m loadtests selfcheck                  one run: four starts
  python -m loadtests selfcheck --runs 20 --true-minutes 10 --json docs/measurements/selfcheck.json

Exit status: 0, or 1 when a share is beyond its bound by more than chance explains.
"""
)
@cli.option("runs", cli.between(1, 1000), "Runs, each judged by itself.", "1")
@cli.option("starts", cli.between(2, 100), "Starts of a run.", "4")
@cli.option("turns", cli.decimals(1, 3600), "Seconds of turns in a start.", f"{TURNS_S:g}", "turns_s")
@cli.option("true-minutes", cli.decimals(0, 600), "Minutes of extra turns for the true ratio; 0: from all runs.", "0")
@cli.results_option(RESULTS / "selfcheck")
@cli.port_base_option
@cli.json_option
def command(json: Path | None, **values: Any) -> int:
    """Is a service that needs a tenth more CPU found, and nothing where there is nothing?

    One service takes turns under the names of all four combinations, with a copy slowed by a spin in each request: only
    the light read, as long as in a run of `quick`. Prints how often the slowed one is called worse, equal ones are
    called better or worse, intervals contain the truth, and nothing is recommended among equal ones.
    """
    return ended("selfcheck", lambda: check(Options(**values), json))
