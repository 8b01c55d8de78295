"""Measures the matrix in rounds and compares it: python -m loadtests.run."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from loadtests.cli.compare import main as compare
from loadtests.runner.ended import ended
from loadtests.runner.folders import make_latest
from loadtests.runner.matrix import measure_matrix
from loadtests.schema.plan import Plan, read_plan
from loadtests.schema.profiles import STUDIES


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, compares, says where the results are; 130 when it was interrupted."""
    return ended("run", lambda: _run(arguments), "finished cells are kept, RESUME=newest goes on")


def _run(arguments: Sequence[str] | None) -> int:
    plan = read_plan(arguments)
    if study := STUDIES.get(plan.profile_name):
        return int(import_module(study).main(arguments))
    return _compare(plan, measure_matrix(plan))


def _compare(plan: Plan, folder: Path) -> int:
    status = 0
    if len(plan.names) > 1:
        status = compare([str(folder), "--report"])
        make_latest(folder)
    else:
        print(f"Not compared: {plan.names[0]} was measured alone.")
    print(f"\nResults: {folder}")
    return status


if __name__ == "__main__":
    sys.exit(main())
