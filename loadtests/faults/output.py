"""Output of a fault matrix: its file and the terminal."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console

from compose.local.failures import unusable
from loadtests.faults.fault import Fault
from loadtests.faults.table import FAULTS
from loadtests.schema.faults import Cell, Run

HEADINGS: Final = ("combination", "failed", "worst", "recovery", "lost", "stale", "evidence")
WIDTHS: Final = (13, 34, 7, 10, 5, 5, 0)
KINDS: Final = {
    "refused": "refused",
    "closed": "closed",
    "shed": "503/504",
    "hung": "HUNG",
    "cut": "CUT OFF",
    "errors": "500",
    "unexpected": "UNEXPECTED",
}


def record(run: Run, cell: Cell) -> None:
    """Replaces the cell of the same fault and combination, or appends it."""
    for index, earlier in enumerate(run.cells):
        if (earlier.fault, earlier.combination) == (cell.fault, cell.combination):
            run.cells[index] = cell
            return
    run.cells.append(cell)


def continued(earlier: Run, run: Run) -> Run:
    """The earlier run, to which this one adds cells; raises StackError if it was made on another machine."""
    if (earlier.host, earlier.versions) != (run.host, run.versions):
        raise unusable("--again: the run in FILE was made on another machine or with other versions")
    earlier.command += f", then {run.command}"
    return earlier


def show(run: Run, console: Console) -> None:
    for fault, cells in grouped(run):
        console.print(f"\n{fault.title}", style="bold")
        console.print(line(HEADINGS), style="dim", soft_wrap=True)
        for cell in cells:
            console.print(line(fields(cell)), soft_wrap=True)
            for text, style in remarks(cell):
                console.print(f"  {text}", style=style, soft_wrap=True)
    console.print(f"\n{summary(run)}", style="bold", soft_wrap=True)


def grouped(run: Run) -> Iterator[tuple[Fault, list[Cell]]]:
    for fault in FAULTS:
        if cells := [cell for cell in run.cells if cell.fault == fault.name]:
            yield fault, cells


def fields(cell: Cell) -> tuple[str, ...]:
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
    kinds = {word: cell.failed[kind] for kind, word in KINDS.items() if cell.count(kind)}
    if len(kinds) < 2:
        return " ".join([str(sum(kinds.values())), *(f"({word})" for word in kinds)])
    return f"{sum(kinds.values())} ({', '.join(f'{count} {word}' for word, count in kinds.items())})"


def remarks(cell: Cell) -> Iterator[tuple[str, str]]:
    if cell.broken:
        word, style = ("finding", "yellow") if cell.finding else ("BROKEN", "red")
        yield f"{word}: {'; '.join(cell.broken)}", style
    if cell.finding:
        yield cell.finding, "yellow"
    for text in (*cell.lost, *cell.duplicates, *cell.stale[:3]):
        yield text, "red"


def line(texts: Iterable[str]) -> str:
    return "  ".join(text.ljust(width) for text, width in zip(texts, WIDTHS, strict=True)).rstrip()


def summary(run: Run) -> str:
    failing = [f"{cell.fault} on {cell.combination}" for cell in run.cells if cell.fails]
    findings = sum(bool(cell.finding) for cell in run.cells)
    kept = len(run.cells) - len(failing) - findings
    text = f"{kept} of {len(run.cells)} cases kept every rule, {findings} show a property of a server"
    return f"{text}; BROKEN: {', '.join(failing)}" if failing else text
