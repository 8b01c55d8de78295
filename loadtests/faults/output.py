"""A run of the fault matrix as a file."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console

from compose.local.failures import unusable
from loadtests.analysis.read import COMBINATIONS
from loadtests.faults.cell import Cell
from loadtests.faults.fault import Row
from loadtests.faults.table import ROWS

SCHEMA: Final = 1


class Run(msgspec.Struct, kw_only=True):
    """All cells of a run, and on what it was made."""

    schema: int = SCHEMA
    started_at: str
    minutes: float = 0.0
    command: str
    workers: int
    load: dict[str, float]
    host: dict[str, Any]
    versions: dict[str, str]
    # Empty where it is not known.
    commit: str = ""
    changed: bool = False
    cells: list[Cell] = []


def record(run: Run, cell: Cell) -> None:
    """Puts a cell in the place of the one of the same fault and combination, or at the end."""
    for place, earlier in enumerate(run.cells):
        if (earlier.fault, earlier.combination) == (cell.fault, cell.combination):
            run.cells[place] = cell
            return
    run.cells.append(cell)


def continued(earlier: Run, run: Run) -> Run:
    """Gives an earlier run to put the cells of this one into; raises StackError when it is of another machine."""
    if (earlier.host, earlier.versions) != (run.host, run.versions):
        raise unusable("--again: the run that is kept is of another machine or of other versions")
    earlier.command += f", then {run.command}"
    return earlier


def write(path: Path, run: Run) -> None:
    """Writes a run whole or not at all."""
    draft = path.with_suffix(".part")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(run)) + b"\n")
    draft.replace(path)


def read(path: Path) -> Run:
    """Gives a run that was written; raises StackError when it is none."""
    try:
        run = msgspec.json.decode(path.read_bytes(), type=Run)
    except (OSError, msgspec.DecodeError) as error:
        raise unusable(f"{path} cannot be read: {error}") from error
    if run.schema != SCHEMA:
        raise unusable(f"{path} has schema {run.schema}, this program reads {SCHEMA}")
    return run


HEADINGS: Final = ("combination", "failed", "worst", "back after", "lost", "stale", "evidence")
WIDTHS: Final = (13, 34, 7, 10, 5, 5, 0)
# How the kinds of failed attempts are called.
KINDS: Final = {
    "refused": "refused",
    "closed": "closed",
    "shed": "503/504",
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
    kinds = {word: cell.failed[kind] for kind, word in KINDS.items() if cell.count(kind)}
    if len(kinds) < 2:
        return " ".join([str(sum(kinds.values())), *(f"({word})" for word in kinds)])
    return f"{sum(kinds.values())} ({', '.join(f'{count} {word}' for word, count in kinds.items())})"


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


BEGIN, END = "<!-- the run -->", "<!-- the end of the run -->"
MISSING: Final = "-"


def has_marks(page: Path) -> bool:
    """Tells whether a page has a place for a run."""
    return page.is_file() and BEGIN in (text := page.read_text()) and END in text


def write_page(run: Run, page: Path) -> None:
    """Puts a run into its place on the page."""
    head, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{head}{BEGIN}\n{markdown(run)}{END}{rest.partition(END)[2]}")


def markdown(run: Run) -> str:
    """Gives a run as Markdown."""
    return "\n".join([*_introduction(run), *_faults(run), f"{summary(run)}.\n", ""])


def _introduction(run: Run) -> Iterator[str]:
    host, versions = run.host, run.versions
    programs = f"{versions.get('database', MISSING)}, Redis {versions.get('Redis', MISSING)}"
    yield f"`{run.command}`, {run.started_at}, {run.minutes:.0f} minutes, {run.workers} workers for each service;"
    yield f"{programs}, Python {host.get('python', MISSING)}, commit {run.commit[:7] or MISSING},"
    yield f"{host.get('cores', MISSING)} cores of {host.get('cpu', MISSING)}.\n"


def _faults(run: Run) -> Iterator[str]:
    yield _line(["fault", *COMBINATIONS])
    yield _line(["---"] * (1 + len(COMBINATIONS)))
    for row, cells in grouped(run):
        outcomes = {cell.combination: _outcome(cell) for cell in cells}
        title = f"**{row.title[0].upper()}{row.title[1:]}.**"
        yield _line([f"{title} {row.meaning}", *(outcomes.get(name, MISSING) for name in COMBINATIONS)])
    yield ""
    yield from _remarks(run)
    recovered = max((cell.recovery_s for cell in run.cells), default=0.0)
    yield f"Longest time from the end of a fault to the last failed or slow request: {recovered:.1f} s.\n"


def _outcome(cell: Cell) -> str:
    excused = f", {cell.excused} stale after a failed invalidation" if cell.excused else ""
    return f"{failed(cell)} of {cell.requests}, {cell.worst_s:.2f} s{excused}"


def _remarks(run: Run) -> Iterator[str]:
    broken = [(row, cell) for row, cells in grouped(run) for cell in cells if cell.broken]
    for row, cell in broken:
        yield f"- {row.title}, {cell.combination}: {'; '.join(cell.broken)}."
    if broken:
        yield ""
    for finding in dict.fromkeys(cell.finding for _, cell in broken if cell.finding):
        yield f"{finding}\n"


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', '/') for text in texts)} |"
