"""A sweep as tables for people."""

from collections.abc import Sequence
from statistics import fmean, geometric_mean

from rich.console import Console
from rich.table import Table

from loadtests.report.numbers import MISSING
from loadtests.schema.sweep import Cell, Document, Finding
from loadtests.studies.sweep.factors import BY_NAME, CENTRE_NAME, Point
from loadtests.studies.sweep.findings import values, written
from loadtests.studies.sweep.run import title_of


def show(document: Document, console: Console) -> None:
    centre = ", ".join(f"{BY_NAME[name].title} {written(at, BY_NAME[name])}" for name, at in document.centre.items())
    console.print(f"Around the centre: {centre}. {document.passes} pass(es), {document.measured_s:g} s a cell.\n")
    for line in document.factors:
        mine = [finding for finding in document.findings if finding.factor == line.name]
        console.print(_table(document, line.name, mine))
        for finding in mine:
            console.print(f"  {finding.sentence}", markup=False)
        console.print()
    for cell in document.cells:
        if cell.void:
            where = title_of(Point(cell.factor, cell.level))
            console.print(f"void: {cell.combination} at {where}: {'; '.join(cell.void)}", style="red", markup=False)


def _table(document: Document, name: str, findings: Sequence[Finding]) -> Table:
    factor = BY_NAME[name]
    combinations = list(dict.fromkeys(cell.combination for cell in document.cells))
    table = Table(title=f"{factor.title}: req/s, then times better (latency without / with)", title_justify="left")
    for column in ("level", *combinations, "k6, cores", *(finding.comparison for finding in findings)):
        table.add_column(column, justify="right", overflow="fold")
    for level in sorted({*factor.levels, *(() if factor.injected else (factor.centre,))}):
        cells = [cell for cell in document.cells if _at(cell, name, level)]
        rates = [_mean([cell.throughput_rps for cell in cells if cell.combination == name]) for name in combinations]
        pairs = [values(cells, factor, document.comparisons[finding.comparison]) for finding in findings]
        ratios = [f"{geometric_mean(value.ratio for value in pair):.2f}" if pair else MISSING for pair in pairs]
        share = max((cell.k6_share or 0.0 for cell in cells), default=0.0)
        table.add_row(written(level, factor), *rates, f"{share:.2f}", *ratios)
    return table


def _at(cell: Cell, name: str, level: float) -> bool:
    if cell.factor == CENTRE_NAME:
        return not BY_NAME[name].injected and level == BY_NAME[name].centre
    return cell.factor == name and cell.level == level


def _mean(values: Sequence[float]) -> str:
    return f"{fmean(values):.0f}" if values else MISSING
