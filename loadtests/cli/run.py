"""`run`: measures the matrix in rounds and compares it."""

from typing import Any, Final

import click
from click.core import ParameterSource

from loadtests.cli import options as cli
from loadtests.cli.commands import command_of
from loadtests.runner.ended import ended
from loadtests.runner.folders import make_latest
from loadtests.runner.matrix import measure_matrix
from loadtests.schema.plan import NEWEST, Plan

# Profiles that are no rounds of cells: each has a command of its name.
STUDIES: Final = ("capacity", "sweep")


@click.command(
    epilog=f"""\b
Examples:
  python -m loadtests run                                  four rounds of quick, under four minutes of load
  python -m loadtests run --profile smoke                  one short round: does everything work?
  python -m loadtests run --combinations sync,async --rounds 8
  python -m loadtests run --stack none --combinations yours.json --routes routes.json
  python -m loadtests run --resume {NEWEST}                   goes on with the newest interrupted run
  PROFILE=capacity STEP=4 python -m loadtests run          the command capacity, with its own variables
"""
)
@cli.profile_option
@cli.option("rounds", cli.between(1, 1000), "Rounds; the usual number is 4, and 1 for smoke.")
@cli.option(
    "resume",
    cli.Checked("DIR"),
    f"Go on with this interrupted run, or the `{NEWEST}`.",
    is_flag=False,
    flag_value=NEWEST,
)
@cli.plan_options
@cli.load_options()
@click.pass_context
def command(context: click.Context, /, profile: str, **values: Any) -> int:
    """Measure the combinations in rounds, each cell with fresh services, and compare them.

    The results, report.html and report.md are in the run's folder, and in loadtests/results/latest.
    """
    if profile in STUDIES:
        return _study(context, profile)
    return ended("run", lambda: _run(cli.plan_of(profile, **values)), "finished cells are kept, RESUME=newest goes on")


def _run(plan: Plan) -> int:
    folder = measure_matrix(plan)
    status = 0
    if len(plan.names) > 1:
        status = int(command_of("compare").main([str(folder), "--report"], "compare", standalone_mode=False))
        make_latest(folder)
    else:
        print(f"Not compared: {plan.names[0]} was measured alone.")
    print(f"\nResults: {folder}")
    return status


def _study(context: click.Context, name: str) -> int:
    """The study's own command, with what was typed; it reads its variables by itself."""
    typed = []
    for each in context.command.params:
        field = str(each.name)
        if field != "profile" and context.get_parameter_source(field) is ParameterSource.COMMANDLINE:
            typed += [each.opts[0], str(context.params[field])]
    return int(command_of(name).main(typed, name, standalone_mode=False))
