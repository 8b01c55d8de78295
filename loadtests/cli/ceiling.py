"""`ceiling`: each service compared with a bare constant answer on the same server."""

from pathlib import Path

import click

from loadtests.cli.options import between, decimals, json_option, option, port_base_option
from loadtests.runner.ended import ended
from loadtests.studies.ceiling.run import bench


@click.command(
    epilog="""\b
Examples:
  python -m loadtests ceiling --starts 1
  python -m loadtests ceiling --json docs/measurements/bench.json
"""
)
@option("starts", between(1, 1000), "Starts of fresh services.", "5")
@option("turns", decimals(1, 3600), "Seconds of turns in each start.", "20", field="seconds")
@port_base_option
@json_option
def command(starts: int, seconds: float, port_base: int, json: Path | None) -> int:
    """How much of its server's speed each combination keeps: one product, no think time, beside a constant answer."""
    return ended("ceiling", lambda: bench(starts, seconds, port_base, json))
