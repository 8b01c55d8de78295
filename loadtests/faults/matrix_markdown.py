"""The matrix as a part of a page: docs/faults.md shows a run that was committed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from loadtests.faults.kept import Run
from loadtests.faults.matrix_text import HEADINGS, fields, grouped, summary

BEGIN, END = "<!-- the run -->", "<!-- the end of the run -->"
MISSING: Final = "-"


def has_marks(page: Path) -> bool:
    """Tells whether a page has a place for a run."""
    return page.is_file() and BEGIN in (text := page.read_text()) and END in text


def put(run: Run, page: Path) -> None:
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
    for row, cells in grouped(run):
        yield f"### {row.title[0].upper()}{row.title[1:]}\n"
        yield f"{row.meaning}\n"
        yield _line(HEADINGS)
        yield _line(["---"] * len(HEADINGS))
        yield from (_line(fields(cell)) for cell in cells)
        remarks = [f"- {cell.combination}: {'; '.join(cell.broken)}. {cell.finding}" for cell in cells if cell.broken]
        yield from ["", *(remark.rstrip() for remark in remarks), *([""] if remarks else [])]


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', '/') for text in texts)} |"
