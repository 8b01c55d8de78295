"""Writes docs/measurements/noise.json from folders of results: python -m tools.measure_noise PROFILE=DIR ..."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from loadtests.analysis.figures import FIGURES
from loadtests.analysis.read import Rounds, read_rounds
from loadtests.analysis.void import counting_cells, void_cells
from loadtests.schema.files import UnusableResults
from loadtests.validation.simulation import noise


def of_rounds(rounds: Rounds, source: str) -> noise.Measured:
    """The figures of every valid cell."""
    first = next(iter(next(iter(rounds.values())).values()))
    cells = [
        {name: {metric: figure(result) for metric, figure in FIGURES.items()} for name, result in row.items()}
        for row in counting_cells(rounds, void_cells(rounds))
    ]
    return noise.Measured(source, first.duration_s, cells)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.measure_noise", description=__doc__)
    parser.add_argument("--source", required=True, help="which command measured them, when and on what")
    parser.add_argument("folders", nargs="+", metavar="PROFILE=DIR")
    options = parser.parse_args(arguments)
    try:
        folders = dict(folder.split("=", 1) for folder in options.folders)
        cells = {name: of_rounds(read_rounds(Path(path)), options.source) for name, path in folders.items()}
    except (ValueError, UnusableResults) as error:
        print(f"measure_noise: {error}", file=sys.stderr)
        return 2
    noise.FILE.write_bytes(msgspec.json.format(msgspec.json.encode(cells)) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
