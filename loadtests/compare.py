"""Compares result sets: python -m loadtests.compare [DIR] [--json]."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console

from loadtests.comparison import compare
from loadtests.comparison_text import show
from loadtests.plain_text import one_line
from loadtests.results_reading import DEFAULT_FOLDER, read_rounds
from loadtests.results_set import UnusableResults

UNUSABLE_INPUT: Final = 2
EVERY_CELL_VOID: Final = 4
# Wide enough for every column when the output is a file or a pipe.
PLAIN_WIDTH: Final = 120
# Every option, as argparse takes it.
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "folder": {
        "nargs": "?",
        "type": Path,
        "default": DEFAULT_FOLDER,
        "metavar": "DIR",
        "help": "folder of result files (default: loadtests/results/latest)",
    },
    "--json": {"action": "store_true", "help": "print the comparison as JSON"},
}
EPILOG: Final = "exit status: 0, or 2 for unusable input, or 4 when every cell is void"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the comparison; 2 for unusable input, 4 when every cell is void."""
    options = _options(arguments)
    try:
        comparison = compare(read_rounds(options.folder))
    except UnusableResults as error:
        print(f"compare: {one_line(str(error))}", file=sys.stderr)
        return UNUSABLE_INPUT
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(comparison)).decode())
    else:
        show(comparison, console())
    return EVERY_CELL_VOID if comparison.all_void else 0


def console() -> Console:
    """Gives the terminal, or plain text of fixed width and no colour when there is none."""
    terminal = sys.stdout.isatty()
    return (
        Console(markup=False, highlight=False)
        if terminal
        else Console(markup=False, highlight=False, width=PLAIN_WIDTH, color_system=None)
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.compare",
        description="Compare result sets, of one round or of several.",
        epilog=EPILOG,
    )
    for name, settings in OPTIONS.items():
        parser.add_argument(name, **settings)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
