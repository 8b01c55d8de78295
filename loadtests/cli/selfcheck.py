"""`selfcheck`: holds the tool to a truth that is known, on real services."""

from typing import Any

import click

from loadtests.cli import options as cli
from loadtests.runner.ended import ended
from loadtests.schema.plan import RESULTS
from loadtests.validation.selfcheck import check


@click.command(
    epilog="""\b
Examples:
  python -m loadtests selfcheck                  two runs of quick, four rounds each
  python -m loadtests selfcheck --profile smoke
  VUS=20 DURATION=10 make selfcheck

Exit status: 0 all held, 1 something did not.
"""
)
@cli.profile_option
@cli.option("rounds", cli.between(1, 1000), "Rounds of each run.", "4")
@cli.results_option(RESULTS / "selfcheck")
@cli.port_base_option
@cli.load_options("vus", "think", "warm-up", "duration", "mix", "rate", "hit-ratio")
def command(profile: str, **values: Any) -> int:
    """Does the tool find nothing where there is nothing, and 5 ms where there are 5 ms?

    In the first run all four names are one service. In the second the async names are 5 ms further away by a TCP
    proxy: the cached pair has to find that; the uncached pair may not, and then has to say what hides it.
    """
    return ended("selfcheck", lambda: check(cli.plan_of(profile, **values)))
