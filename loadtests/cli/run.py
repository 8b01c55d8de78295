"""`run`: measures the matrix in starts and compares it."""

from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from loadtests.cli import options as cli
from loadtests.cli.main import command_of
from loadtests.runner.ended import ended, say
from loadtests.runner.folders import make_latest, new_folder
from loadtests.runner.matrix import measure_matrix
from loadtests.schema.plan import Plan

# Profiles of studies: each has a command with its name.
STUDIES: Final = ("capacity", "sweep")


@click.command(
    epilog="""\b
Examples:
  python -m loadtests run                                  four starts of quick, under five minutes
  python -m loadtests run --profile smoke                  one short start: does everything work?
  python -m loadtests run --combinations sync,async --rounds 8
  python -m loadtests run --stack none --combinations yours.json --routes routes.json
  PROFILE=capacity STEP=4 python -m loadtests run          the same as the command capacity
"""
)
@cli.profile_option
@cli.option("rounds", cli.between(1, 1000), "Starts of fresh services; the default is the profile's.")
@cli.plan_options
@cli.option("generators", cli.between(1, 100), "How many k6 processes share the load.", "1")
@cli.load_options()
@click.pass_context
def command(context: click.Context, /, profile: str, **values: Any) -> int:
    """Measure all combinations in several starts of fresh services, and compare them.

    Writes the results, report.html and report.md to the run's folder and to loadtests/results/latest.
    """
    if profile in STUDIES:
        return _study(context, profile)
    return ended("run", lambda: _run(cli.plan_of(profile, **values)))


def _run(plan: Plan) -> int:
    folder = new_folder(plan.results, plan.profile_name)
    try:
        measure_matrix(plan, folder)
    except BaseException:
        # Finished starts are compared, whatever ended the run.
        if folder.exists():
            _compared(plan, folder)
            say("the finished starts are kept, and compared above")
        raise
    return _compared(plan, folder)


def _compared(plan: Plan, folder: Path) -> int:
    status = 0
    if len(plan.names) > 1:
        status = int(command_of("compare").main([str(folder), "--report"], "compare", standalone_mode=False))
        make_latest(folder)
    else:
        print(f"Not compared: {plan.names[0]} was measured alone.")
    print(f"\nResults: {folder}", flush=True)
    return status


def _study(context: click.Context, name: str) -> int:
    """Runs the study's command with the given options; it reads its own variables."""
    typed, study = [], command_of(name)
    known = {"PROFILE", *(each.envvar for each in study.params)}
    for each in context.command.params:
        field = str(each.name)
        source, value = context.get_parameter_source(field), context.params[field]
        if source is ParameterSource.ENVIRONMENT and each.envvar not in known:
            raise click.UsageError(f"{each.envvar}={value}: PROFILE={name} has no such option", context)
        if source is ParameterSource.COMMANDLINE and field != "profile":
            typed += [each.opts[0], str(value)]
    return int(study.main(typed, name, standalone_mode=False))
