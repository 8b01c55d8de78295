"""Measures a sweep, or reads one, and prints it."""

from compose.local.stack import Stack
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.runner.folders import study_folder
from loadtests.schema.files import read_json, write_json
from loadtests.schema.plan import Plan
from loadtests.schema.sweep import Document
from loadtests.studies.sweep.factors import points
from loadtests.studies.sweep.options import Options
from loadtests.studies.sweep.output import show
from loadtests.studies.sweep.run import FILE, SweepRun
from loadtests.studies.sweep.target import sweep_target
from loadtests.targets.local import stack_options


def sweep(options: Options, plan: Plan) -> int:
    document = read_json(options.read, Document) if options.read else _measured(options, plan)
    show(document, console())
    return 0


def _measured(options: Options, plan: Plan) -> Document:
    with study_folder(plan.results, plan.profile_name) as folder:
        say(f"results go to {folder}")
        say(f"{options.points} points, turns of {options.turns_s:g} s and more; about {options.minutes:g} min")
        with Stack(stack_options(plan, say)) as stack, sweep_target(stack) as target:
            document = SweepRun(options, plan, folder, target).measure(points(options.factors))
    say(f"Results: {folder / FILE}")
    if options.json:
        write_json(options.json, document)
    return document
