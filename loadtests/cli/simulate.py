"""`simulate`: how often the comparison is right, on runs of a known effect."""

from pathlib import Path

import click

from loadtests.cli.options import FILE, between, json_option, option
from loadtests.runner.ended import ended
from loadtests.schema.files import ROOT
from loadtests.validation.simulation import simulate

MEASURED = "docs/measurements/selfcheck.json"


@click.command(
    epilog="""\b
Examples:
  python -m loadtests simulate
  python -m loadtests simulate --json docs/measurements/simulation.json
  python -m loadtests selfcheck --runs 4 --json mine.json; python -m loadtests simulate --measured mine.json

Exit status: 0, or 1 when a share is beyond its bound.
"""
)
@option("runs", between(1, 1_000_000), "Runs of each kind.", "500")
@option("seed", between(0, 10**9), "Seed: the same one gives the same figures.", "20260101")
@option("measured", FILE, "Real starts, as selfcheck --json writes them.", str(ROOT / MEASURED), show_default=MEASURED)
@json_option
def command(runs: int, seed: int, measured: Path, json: Path | None) -> int:
    """Hold the comparison to runs whose effects are known.

    A run has four starts; one of the five services is a tenth slower. Runs are simulated with the noise of real starts
    (drift, autocorrelation, skewness, differences between starts) or combined from real starts. Each run is written as
    result files and read by the same code as a user's.
    """
    return ended("simulate", lambda: simulate(runs, seed, measured, json))
