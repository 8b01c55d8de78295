"""Writes docs/measurements/noise.json from folders of results: python -m tools.measure_noise PROFILE=DIR ..."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from loadtests.analysis.read import read_rounds
from loadtests.schema.files import UnusableResults
from loadtests.validation.simulation import noise


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.measure_noise", description=__doc__)
    parser.add_argument("--source", required=True, help="which command measured them, when and on what")
    parser.add_argument("folders", nargs="+", metavar="PROFILE=DIR")
    options = parser.parse_args(arguments)
    try:
        folders = dict(folder.split("=", 1) for folder in options.folders)
        cells = {name: noise.of_rounds(read_rounds(Path(path)), options.source) for name, path in folders.items()}
    except (ValueError, UnusableResults) as error:
        print(f"measure_noise: {error}", file=sys.stderr)
        return 2
    noise.FILE.write_bytes(msgspec.json.format(msgspec.json.encode(cells)) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
