"""`faults`: one fault after the other under load."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import click

from loadtests.analysis.read import COMBINATIONS
from loadtests.cli import options as cli
from loadtests.cli.options import between, choices, option
from loadtests.faults.command import Options, run, tell
from loadtests.faults.table import FAULTS
from loadtests.runner.ended import ended
from loadtests.schema.faults import Run
from loadtests.schema.files import read_json

NAMES: Final = tuple(fault.name for fault in FAULTS)
WIDTH: Final = max(map(len, NAMES)) + 2
TABLE: Final = "\n".join(f"  {fault.name:<{WIDTH}}{fault.title}" for fault in FAULTS)


@click.command(
    epilog=f"""\b
Rules, on every combination and under every fault:
  no acknowledged write is lost, no Idempotency-Key makes two orders, no read is stale (but for the exceptions
  in docs/cache.md); a request that fails is a 503 or 504 problem within its time-out, or a refused connection;
  the service recovers within 5 s of the fault's end, without a restart, and its memory grows by 20 % at most.

\b
Examples:
  python -m loadtests faults                                     all faults, about half an hour
  python -m loadtests faults --only database-killed              one fault on all four combinations
  python -m loadtests faults --only redis-frozen,redis-full --combinations async-cached
  python -m loadtests faults --again --only redis-full --json mine.json    repeats cases of an earlier run
  python -m loadtests faults --show docs/measurements/faults.json          prints an earlier run

\b
Faults:
{TABLE}

\b
Exit status: 0 every rule was kept, 1 one was broken (the cases are named), 2 unusable options.
"""
)
@option("only", choices(NAMES), "Some of the faults below, separated by commas.", field="names")
@option("combinations", choices(COMBINATIONS), f"Some of {', '.join(COMBINATIONS)}.")
@option("workers", between(1, 64), "Worker processes per service.", "2")
@cli.port_base_option
@cli.json_option
@click.option("--again", is_flag=True, envvar="AGAIN", help="Replace these cases in the run of --json FILE.")
@option("show", cli.FILE, "Print an earlier run; starts nothing.")
def command(show: Path | None, **values: Any) -> int:
    """Inject one fault after the other into each combination under load, and check the outcome."""
    if values["again"] and not (values["json"] and values["json"].is_file()):
        raise click.UsageError("--again: name an earlier run with --json FILE")
    if show:
        return ended("faults", lambda: tell(read_json(show, Run)))
    return ended("faults", lambda: run(options_of(**values)), "everything is ended and removed")


def options_of(names: Collection[str] | None, combinations: Collection[str] | None, **values: Any) -> Options:
    """Faults and combinations in the order of the tables, not of the command line."""
    faults = [fault for fault in FAULTS if not names or fault.name in names]
    return Options(faults, [name for name in COMBINATIONS if not combinations or name in combinations], **values)
