"""Measures or reads a sweep, and prints it."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from compose.local.stack import Stack
from loadtests.report.numbers import MINUTE_S, MISSING
from loadtests.report.plain_text import console
from loadtests.runner.ended import say
from loadtests.runner.folders import study_folder
from loadtests.schema.files import read_json, write_json
from loadtests.schema.plan import Plan
from loadtests.schema.sweep import Document, FactorLine, Finding, Value
from loadtests.studies.sweep.factors import BY_NAME, Options, points
from loadtests.studies.sweep.run import FILE, SweepRun, sweep_target
from loadtests.targets.local import stack_options


def sweep(options: Options, plan: Plan) -> int:
    document = read_json(options.read, Document) if options.read else _measured(options, plan)
    show(document, console())
    return 0


def _measured(options: Options, plan: Plan) -> Document:
    with (
        study_folder(plan.results, plan.profile_name) as folder,
        Stack(stack_options(plan, say)) as stack,
        sweep_target(stack) as target,
    ):
        say(f"results go to {folder}")
        say(f"{options.points} points, turns of {options.turns_s:g} s and more; about {options.minutes:g} min")
        document = SweepRun(options, plan, folder, target).measure(points(options.factors))
    say(f"Results: {folder / FILE}")
    if options.json:
        write_json(options.json, document)
    return document


def show(document: Document, console: Console) -> None:
    minutes = document.measured_s / MINUTE_S
    console.print(f"{len(document.points)} points in {minutes:.0f} min. Times better: latency without / with.\n")
    for line in document.factors:
        mine = [finding for finding in document.findings if finding.factor == line.name]
        console.print(_table(line, mine))
        for finding in mine:
            console.print(f"  {finding.sentence}", markup=False)
        console.print()
    for number, point in enumerate(document.points, 1):
        if point.void:
            said = f"void at point {number}: {len(point.void)} batches, the first as {point.void[0]}"
            console.print(said, style="red", markup=False)


def _table(line: FactorLine, findings: Sequence[Finding]) -> Table:
    table = Table(title=line.title, title_justify="left")
    table.add_column("level", justify="right")
    for finding in findings:
        table.add_column(finding.comparison, justify="right")
    for level in line.levels:
        values = [{value.level: value for value in finding.values}.get(level) for finding in findings]
        table.add_row(BY_NAME[line.name].written(level), *(_cell(value) for value in values))
    return table


def _cell(value: Value | None) -> str:
    return f"{value.ratio:.2f} ({value.low:.2f}-{value.high:.2f})" if value else MISSING
