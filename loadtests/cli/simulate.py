"""`simulate`: how often the tool is right, on runs of a known effect."""

from pathlib import Path

import click

from loadtests.cli.options import between, json_option, option
from loadtests.validation.simulation.command import simulate


@click.command(
    epilog="""\b
Examples:
  python -m loadtests simulate --runs 100
  python -m loadtests simulate --runs 2000 --json docs/measurements/simulation.json     nine minutes

Exit status: 0, or 1 when a share is beyond its bound.
"""
)
@option("runs", between(1, 1_000_000), "Simulated runs of each kind.", "2000")
@option("seed", between(0, 10**9), "The same seed gives the same figures.", "20260101")
@json_option
def command(runs: int, seed: int, json: Path | None) -> int:
    """Hold the comparison to runs whose effects are known.

    Every run is written as result files and read by the program that reads a user's. The noise is what was measured
    (docs/measurements/noise.json); drift, autocorrelation, skew and carry-over are added to it.
    """
    return simulate(runs, seed, json)
