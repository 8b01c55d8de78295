"""The command line: python -m loadtests."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from loadtests.cli.program import run

COMMANDS: Final = {
    "run": "Measure the combinations in turns and compare them.",
    "compare": "Compare results, hold them to conditions, write the report.",
    "pool": "Add up the shards of a load that several k6 processes made.",
    "capacity": "How many requests per second can each combination serve?",
    "sweep": "At which concurrency, distance or hit ratio would the answer flip?",
    "faults": "Inject one fault after the other under load, and check the outcome.",
    "staleness": "Look for stale reads under load.",
    "selfcheck": "Does the tool find nothing where there is nothing, and a tenth where there is a tenth?",
    "simulate": "How often is the tool right, on thousands of runs of a known effect?",
    "ceiling": "Compare each service with a bare constant answer on the same server.",
}


def command_of(name: str) -> click.Command:
    command: click.Command = import_module(f"loadtests.cli.{name}").command
    return command


PROGRAM: Final = "python -m loadtests"
COMPLETION: Final = "_MATRIX_COMPLETE"


class Commands(click.Group):
    """Commands that are imported only when called."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        return command_of(name) if name in COMMANDS else None

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands,
    no_args_is_help=False,
    invoke_without_command=True,
    epilog="""\b
Each option of a command that measures is also a variable of the environment:
  python -m loadtests run --profile smoke --combinations sync,async
  PROFILE=smoke COMBINATIONS=sync,async python -m loadtests run
  make matrix PROFILE=smoke COMBINATIONS=sync,async

\b
Completion, for bash (or zsh_source, fish_source with tools/ on the PATH), of the same command as a program:
  eval "$(_MATRIX_COMPLETE=bash_source tools/matrix)"

\b
Exit status: 0; 1 something broke; 2 unusable input; 3 a gate is broken; 4 every measurement is void;
5 an effect is missing; 130 interrupted.
""",
)
@click.pass_context
def commands(context: click.Context) -> None:
    """Sync or async, with or without a cache: measure the combinations and judge them."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    # A shell completes by the file's name: tools/matrix.
    name = "matrix" if COMPLETION in os.environ else PROGRAM
    return run(commands, sys.argv[1:] if arguments is None else list(arguments), name, COMPLETION)
