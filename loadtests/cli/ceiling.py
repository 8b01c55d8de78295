"""`ceiling`: each service beside a bare constant answer on the same server."""

from pathlib import Path

import click

from loadtests.cli.options import between, json_option, option, port_base_option
from loadtests.runner.ended import ended
from loadtests.studies.ceiling.run import bench


@click.command(
    epilog="""\b
Examples:
  python -m loadtests ceiling --rounds 3
  python -m loadtests ceiling --rounds 21 --seconds 2 --json docs/measurements/bench.json
"""
)
@option("rounds", between(1, 1000), "Rounds; every other one goes backwards.", "5")
@option("seconds", between(1, 3600), "Measured time of each target in a round.", "5")
@option("connections", between(1, 10_000), "Connections of wrk.", "50")
@port_base_option
@json_option
def command(rounds: int, seconds: int, connections: int, port_base: int, json: Path | None) -> int:
    """How much of its server's speed each combination keeps: one product, no think time, beside a constant answer."""
    return ended("ceiling", lambda: bench(rounds, seconds, connections, port_base, json))
