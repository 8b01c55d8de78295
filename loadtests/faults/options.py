"""What can be chosen for a run of the fault matrix, and the help that says so."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from compose.local.failures import unusable
from loadtests.analysis.read import COMBINATIONS
from loadtests.faults import output as matrix_markdown
from loadtests.faults.fault import Row
from loadtests.faults.table import ROWS

WORKERS: Final = 2
RULES: Final = """
rules, on every combination and under every fault:
  no acknowledged write is lost, no Idempotency-Key makes two orders, no read is stale (but for the exceptions in
  docs/cache.md); a request that fails is a 503 or 504 problem within its time-out, or a refused connection; the service
  is back within 5 s of the fault's end, without a restart, and its memory within 20 % of what it was.

examples:
  python -m loadtests.faults                                   all of it, in about half an hour
  python -m loadtests.faults --only database-killed            one fault on all four combinations
  python -m loadtests.faults --only redis-frozen,redis-full --combinations async-cached
  python -m loadtests.faults --again --only redis-full --json mine.json    repeats cells of a run that is kept
  python -m loadtests.faults --show docs/measurements/faults.json   what a kept run found, again

exit status: 0 every rule was kept, 1 one was broken (the cells are named), 2 what was asked cannot be done
"""


@dataclass(frozen=True)
class Options:
    """A run: its faults, its combinations, where its JSON goes, and the first port."""

    rows: tuple[Row, ...]
    combinations: tuple[str, ...]
    json: Path | None
    again: bool
    show: Path | None
    document: Path | None
    port_base: int


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line each, like those of the other programs."""

    def error(self, message: str) -> NoReturn:
        """Raises the StackError for what cannot be used."""
        raise unusable(message)


def read(arguments: Sequence[str] | None) -> Options:
    """Gives the options of a command line; raises StackError with what is wrong with it."""
    chosen = _parser().parse_args(arguments)
    rows = {row.name: row for row in ROWS}
    only = _names(chosen.only, list(rows), "fault")
    combinations = _names(chosen.combinations, list(COMBINATIONS), "combination")
    if chosen.document and not matrix_markdown.has_marks(chosen.document):
        raise unusable(f"--document {chosen.document}: there is no such page with marks for a run")
    if chosen.json and not chosen.json.parent.is_dir():
        raise unusable(f"--json {chosen.json}: there is no folder {chosen.json.parent}")
    if chosen.again and not (chosen.json and chosen.json.is_file()):
        raise unusable("--again: name the run that is kept with --json FILE")
    port_base = os.environ.get("PORT_BASE") or "8000"
    if not port_base.isdigit():
        raise unusable(f"PORT_BASE={port_base}: give a port number")
    return Options(
        tuple(rows[name] for name in only),
        tuple(combinations),
        chosen.json,
        chosen.again,
        chosen.show,
        chosen.document,
        int(port_base),
    )


def _names(text: str, known: list[str], what: str) -> list[str]:
    names = [name for name in text.split(",") if name] or known
    for name in names:
        if name not in known:
            raise unusable(f"there is no {what} {name!r}: choose from {', '.join(known)}")
    return [name for name in known if name in names]


def _parser() -> Parser:
    width = max(len(row.name) for row in ROWS) + 2
    faults = "\n".join(f"  {row.name:<{width}}{row.meaning}" for row in ROWS)
    parser = Parser(
        prog="python -m loadtests.faults",
        description="Does one fault after the other to each combination under load, and judges what came of it.",
        epilog=f"faults:\n{faults}\n{RULES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", metavar="FAULTS", help="some of the faults below (default: all)")
    parser.add_argument("--combinations", default="", metavar="NAMES", help="some of " + ", ".join(COMBINATIONS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the run to this file")
    parser.add_argument(
        "--again", action="store_true", help="put these cells in the place of those in the run of --json FILE"
    )
    parser.add_argument("--show", type=Path, metavar="FILE", help="print a run that was written; starts nothing")
    parser.add_argument(
        "--document",
        type=Path,
        metavar="FILE",
        help="also put the run between the marks of a page such as docs/faults.md",
    )
    return parser
