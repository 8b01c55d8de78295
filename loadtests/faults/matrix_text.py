"""The matrix for people: a block for each fault, a line for each combination."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console

from loadtests.faults.cell import Cell
from loadtests.faults.kept import Run
from loadtests.faults.row import Row
from loadtests.faults.table import ROWS

HEADINGS: Final = ("combination", "failed", "worst", "back after", "lost", "stale", "evidence")
WIDTHS: Final = (13, 34, 7, 10, 5, 5, 0)
# How the kinds of failed attempts are called.
KINDS: Final = {
    "refused": "refused",
    "closed": "closed",
    "shed": "503 or 504",
    "hung": "HUNG",
    "cut": "CUT OFF",
    "errors": "500",
    "unexpected": "UNEXPECTED",
}


def show(run: Run, console: Console) -> None:
    """Prints a whole run."""
    for row, cells in grouped(run):
        console.print(f"\n{row.title}", style="bold")
        console.print(line(HEADINGS), style="dim", soft_wrap=True)
        for cell in cells:
            console.print(line(fields(cell)), soft_wrap=True)
            for text, style in remarks(cell):
                console.print(f"  {text}", style=style, soft_wrap=True)
    console.print(f"\n{summary(run)}", style="bold", soft_wrap=True)


def grouped(run: Run) -> Iterator[tuple[Row, list[Cell]]]:
    """Gives the rows of the table that a run has cells of, each with its cells."""
    for row in ROWS:
        if cells := [cell for cell in run.cells if cell.fault == row.name]:
            yield row, cells


def fields(cell: Cell) -> tuple[str, ...]:
    """Gives the texts of a cell, one for each heading."""
    return (
        cell.combination,
        f"{failed(cell)} of {cell.requests}",
        f"{cell.worst_s:.2f} s",
        f"{cell.recovery_s:.1f} s",
        str(len(cell.lost)),
        str(len(cell.stale)) + (f" +{cell.excused}" if cell.excused else ""),
        cell.evidence,
    )


def failed(cell: Cell) -> str:
    """Gives how many requests failed, and how."""
    kinds = [f"{cell.failed[kind]} {word}" for kind, word in KINDS.items() if cell.count(kind)]
    return f"{sum(cell.failed.values())} ({', '.join(kinds)})" if kinds else "0"


def remarks(cell: Cell) -> Iterator[tuple[str, str]]:
    """Gives what has to be said below a cell, each with its style."""
    if cell.broken:
        word, style = ("finding", "yellow") if cell.finding else ("BROKEN", "red")
        yield f"{word}: {'; '.join(cell.broken)}", style
    if cell.finding:
        yield cell.finding, "yellow"
    for text in (*cell.lost, *cell.duplicates, *cell.stale[:3]):
        yield text, "red"


def line(texts: Iterable[str]) -> str:
    """Gives texts in columns."""
    return "  ".join(text.ljust(width) for text, width in zip(texts, WIDTHS, strict=True)).rstrip()


def summary(run: Run) -> str:
    """Gives how many cells kept the rules, and the names of those that did not."""
    failing = [f"{cell.fault} on {cell.combination}" for cell in run.cells if cell.fails]
    findings = sum(bool(cell.finding) for cell in run.cells)
    kept = len(run.cells) - len(failing) - findings
    text = f"{kept} of {len(run.cells)} cells kept every rule, {findings} show a property of a server"
    return f"{text}; BROKEN: {', '.join(failing)}" if failing else text
