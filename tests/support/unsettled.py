"""`python -m loadtests` that hardly waits for a quiet machine: tests beside it keep the machine busy."""

import sys

from loadtests.cli.main import main
from loadtests.observe.idle import Settling
from loadtests.runner import starts
from tests.support.cells import SETTLE_S

PROGRAM = [sys.executable, "-m", "tests.support.unsettled"]
REPLACED = "loadtests.runner.starts.Settling"


def settling(_longest_s: float) -> Settling:
    """In place of the class at REPLACED."""
    return Settling(SETTLE_S)


if __name__ == "__main__":
    setattr(starts, "Settling", settling)  # noqa: B010 (an assignment would change a type)
    sys.exit(main())
