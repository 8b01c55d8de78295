"""`pool`: adds up the shards of a load."""

from pathlib import Path

import click

from loadtests.analysis.shards import pool_folder
from loadtests.report.plain_text import one_line
from loadtests.schema.files import UnusableResults


@click.command(
    epilog="""\b
Examples:
  python -m loadtests pool loadtests/results/latest && python -m loadtests compare
  kubectl logs POD > runs/1.log; ...; python -m loadtests pool runs
"""
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> int:
    """Make results from the shards in DIR, or in logs there, that k6 wrote with --execution-segment."""
    try:
        wholes = pool_folder(folder)
    except UnusableResults as error:
        raise click.UsageError(one_line(str(error))) from error
    for path in wholes:
        click.echo(f"pool: wrote {one_line(str(path))}", err=True)
    return 0
