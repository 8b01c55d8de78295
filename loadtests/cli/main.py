"""The command line: python -m loadtests."""

import sys
from collections.abc import Sequence
from typing import Final

import click

from loadtests.cli.commands import COMMANDS, command_of
from loadtests.cli.program import run

PROGRAM: Final = "python -m loadtests"


class Commands(click.Group):
    """Commands that are imported when they are called."""

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
Completion, for bash (or zsh_source, fish_source), of the same command as a program:
  eval "$(_MATRIX_COMPLETE=bash_source tools/matrix)"

\b
Exit status: 0; 1 something broke; 2 unusable input; 3 a gate is broken; 4 nothing that was measured counts;
5 an effect is missing; 130 interrupted.
""",
)
@click.pass_context
def commands(context: click.Context) -> None:
    """Sync or async, with or without a cache: measure the combinations and judge them."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    return run(commands, sys.argv[1:] if arguments is None else list(arguments), PROGRAM, "_MATRIX_COMPLETE")
