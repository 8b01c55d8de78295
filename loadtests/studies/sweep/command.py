"""Measures a sweep or reads one, and says what it means."""

from pathlib import Path
from typing import Any

import msgspec

from compose.local.stack import Stack
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.runner.environment import describe_checkout, describe_host
from loadtests.runner.folders import study_folder
from loadtests.runner.ledgers import libraries
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan
from loadtests.schema.settings import UnusableInput
from loadtests.schema.sweep import Document
from loadtests.studies.sweep.course import FILE, Course
from loadtests.studies.sweep.factors import ordered, settings_of
from loadtests.studies.sweep.ledgers import Ledgers, elsewhere, read_settings
from loadtests.studies.sweep.options import Options
from loadtests.studies.sweep.output import show, show_here
from loadtests.studies.sweep.target import SweepTarget, sweep_target
from loadtests.targets.local import stack_options


def sweep(asked: Options, plan: Plan) -> int:
    document = read(asked.read) if asked.read else _measured(asked, plan)
    show(document, console())
    if asked.here.given:
        show_here(document, asked.here, console())
    return 0


def read(path: Path) -> Document:
    """Gives a sweep that was measured before; raises UnusableInput."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Document)
    except (OSError, msgspec.DecodeError) as error:
        raise UnusableInput(f"READ={path} is no sweep.json: {error}") from error


def _measured(asked: Options, plan: Plan) -> Document:
    order = list(ordered(asked.factors, plan.axes, asked.passes, asked.seed))
    with study_folder(plan.results, plan.profile_name) as folder:
        say(f"results go to {folder}")
        passes = "1 pass" if asked.passes == 1 else f"{asked.passes} passes"
        say(f"{len(order)} cells in {passes}, {asked.measured_s:g} s each; about {asked.minutes:g} min")
        with Stack(stack_options(plan, say)) as stack, sweep_target(stack) as target:
            ledgers = read_settings(target, plan, settings_of(asked.factors), say)
            run = described(target, plan, ledgers)
            document = Course(asked, plan, folder, run, order, ledgers).measure(target)
    say(f"Results: {folder / FILE}")
    if asked.json:
        write_json(asked.json, document)
    return document


def described(target: SweepTarget, plan: Plan, ledgers: dict[str, Ledgers]) -> dict[str, Any]:
    """Gives what a sweep says of itself: the machine, the commit, the versions, and the ledgers it began with."""
    centre = next(iter(ledgers.values()))
    return {
        "workers": plan.workers,
        "host": describe_host(),
        **describe_checkout(),
        "versions": target.versions() | libraries(centre),
        "ledger": centre,
        "ledger_elsewhere": elsewhere(ledgers),
    }
