"""Options of a study (capacity, sweep), each of which is also a variable of the environment."""

import argparse
import os
from collections.abc import Sequence
from typing import TypeAlias

from loadtests.schema.plan import UnusableInput

# Name, preset, and what it means.
Option: TypeAlias = tuple[str, str, str]


def study_parser(name: str, description: str, epilog: str, options: Sequence[Option]) -> argparse.ArgumentParser:
    """A parser of a study's own options; what it does not know are options of the plan."""
    parser = argparse.ArgumentParser(
        prog=f"python -m loadtests.{name}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for option, preset, text in options:
        value = os.environ.get(option.upper().replace("-", "_")) or preset
        parser.add_argument(f"--{option}", default=value, help=f"{text} (now: {value or 'none'})".replace("%", "%%"))
    return parser


def decimal(name: str, text: str, low: float, high: float) -> float:
    """Raises UnusableInput with the range."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not low <= value <= high:
        raise UnusableInput(f"{name}={text}: give a number from {low:g} to {high:g}")
    return value
