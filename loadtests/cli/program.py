"""Runs a command as a program."""

from collections.abc import Sequence

import click

from loadtests.schema.exit_status import INTERRUPTED


def run(command: click.Command, words: Sequence[str], name: str | None = None, complete_var: str | None = None) -> int:
    """The exit status; unusable input prints one line on standard error."""
    settings = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
    try:
        return int(command.main(words, name, complete_var, standalone_mode=False, **settings) or 0)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        called = (context.info_name if context else name) or command.name or ""
        click.echo(f"{called.split()[-1]}: {' '.join(error.format_message().split())}", err=True)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
