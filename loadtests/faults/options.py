"""The options of a run of the fault matrix."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from compose.local.failures import unusable
from loadtests.analysis.read import COMBINATIONS
from loadtests.faults.fault import Fault
from loadtests.faults.output import has_marks
from loadtests.faults.table import FAULTS

WORKERS: Final = 2
RULES: Final = """
rules, on every combination and under every fault:
  no acknowledged write is lost, no Idempotency-Key makes two orders, no read is stale (but for the exceptions in
  docs/cache.md); a request that fails is a 503 or 504 problem within its time-out, or a refused connection; the service
  recovers within 5 s of the fault's end, without a restart, and its memory grows by 20 % at most.

examples:
  python -m loadtests.faults                                   all of it, in about half an hour
  python -m loadtests.faults --only database-killed            one fault on all four combinations
  python -m loadtests.faults --only redis-frozen,redis-full --combinations async-cached
  python -m loadtests.faults --again --only redis-full --json mine.json    repeats cells of an earlier run
  python -m loadtests.faults --show docs/measurements/faults.json          prints an earlier run

exit status: 0 every rule was kept, 1 one was broken (the cells are named), 2 unusable options
"""


@dataclass(frozen=True)
class Options:
    faults: tuple[Fault, ...]
    combinations: tuple[str, ...]
    json: Path | None
    again: bool
    show: Path | None
    document: Path | None
    port_base: int


class Parser(argparse.ArgumentParser):
    """Its errors are one line each, like those of the other programs."""

    def error(self, message: str) -> NoReturn:
        raise unusable(message)


def read(arguments: Sequence[str] | None) -> Options:
    """Raises StackError for what cannot be used."""
    values = _parser().parse_args(arguments)
    faults = {fault.name: fault for fault in FAULTS}
    only = _names(values.only, list(faults), "fault")
    combinations = _names(values.combinations, list(COMBINATIONS), "combination")
    if values.document and not has_marks(values.document):
        raise unusable(f"--document {values.document}: there is no such page with marks for a run")
    if values.json and not values.json.parent.is_dir():
        raise unusable(f"--json {values.json}: there is no folder {values.json.parent}")
    if values.again and not (values.json and values.json.is_file()):
        raise unusable("--again: name an earlier run with --json FILE")
    port_base = os.environ.get("PORT_BASE") or "8000"
    if not port_base.isdigit():
        raise unusable(f"PORT_BASE={port_base}: give a port number")
    return Options(
        faults=tuple(faults[name] for name in only),
        combinations=tuple(combinations),
        json=values.json,
        again=values.again,
        show=values.show,
        document=values.document,
        port_base=int(port_base),
    )


def _names(text: str, known: list[str], what: str) -> list[str]:
    names = [name for name in text.split(",") if name] or known
    for name in names:
        if name not in known:
            raise unusable(f"there is no {what} {name!r}: choose from {', '.join(known)}")
    return [name for name in known if name in names]


def _parser() -> Parser:
    width = max(len(fault.name) for fault in FAULTS) + 2
    faults = "\n".join(f"  {fault.name:<{width}}{fault.title}: {fault.meaning}" for fault in FAULTS)
    parser = Parser(
        prog="python -m loadtests.faults",
        description="Does one fault after the other to each combination under load, and judges what came of it.",
        epilog=f"faults:\n{faults}\n{RULES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", metavar="FAULTS", help="some of the faults below (default: all)")
    parser.add_argument("--combinations", default="", metavar="NAMES", help="some of " + ", ".join(COMBINATIONS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the run to this file")
    parser.add_argument("--again", action="store_true", help="replace these cells in the run of --json FILE")
    parser.add_argument("--show", type=Path, metavar="FILE", help="print an earlier run; starts nothing")
    parser.add_argument(
        "--document", type=Path, metavar="FILE", help="also put the run into a page such as docs/faults.md"
    )
    return parser
