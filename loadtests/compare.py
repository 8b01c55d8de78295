"""`compare` alone: `python -m loadtests.compare`, and `async-rewrite-matrix` from the wheel."""

import sys

from loadtests.analysis.read import DEFAULT_FOLDER
from loadtests.cli.compare import command
from loadtests.cli.program import run


def main() -> int:
    # Without a checkout there is no newest run to show.
    return run(command, sys.argv[1:] or ([] if DEFAULT_FOLDER.parent.is_dir() else ["--help"]))


if __name__ == "__main__":
    sys.exit(main())
