"""Measures a sweep, or reads one, and prints it."""

from compose.local.stack import Stack
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.runner.folders import study_folder
from loadtests.runner.ledgers import describe_study
from loadtests.schema.files import read_json, write_json
from loadtests.schema.plan import Plan
from loadtests.schema.sweep import Document
from loadtests.studies.sweep.factors import ordered, settings_of
from loadtests.studies.sweep.ledgers import elsewhere, read_settings
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
    order = list(ordered(options.factors, plan.axes, options.passes, options.seed))
    with study_folder(plan.results, plan.profile_name) as folder:
        say(f"results go to {folder}")
        passes = "1 pass" if options.passes == 1 else f"{options.passes} passes"
        say(f"{len(order)} cells in {passes}, {options.measured_s:g} s each; about {options.minutes:g} min")
        with Stack(stack_options(plan, say)) as stack, sweep_target(stack) as target:
            ledgers = read_settings(target, plan, settings_of(options.factors), say)
            run = describe_study(target, plan, next(iter(ledgers.values()))) | {"ledger_elsewhere": elsewhere(ledgers)}
            document = SweepRun(options, plan, folder, run, order, ledgers).measure(target)
    say(f"Results: {folder / FILE}")
    if options.json:
        write_json(options.json, document)
    return document
