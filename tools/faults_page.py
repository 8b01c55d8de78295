"""Puts docs/measurements/faults.json into docs/faults.md: python -m tools.faults_page."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from loadtests.analysis.read import COMBINATIONS
from loadtests.faults import output
from loadtests.report.numbers import MISSING
from loadtests.schema.faults import Cell, Run
from loadtests.schema.files import ROOT, read_json

PAGE: Final = ROOT / "docs" / "faults.md"
KEPT: Final = ROOT / "docs" / "measurements" / "faults.json"
BEGIN, END = "<!-- the run -->", "<!-- the end of the run -->"


def write_page(run: Run, page: Path) -> None:
    head, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{head}{BEGIN}\n{markdown(run)}{END}{rest.partition(END)[2]}")


def markdown(run: Run) -> str:
    return "\n".join([*_introduction(run), *_faults(run), f"{output.summary(run)}.\n", ""])


def _introduction(run: Run) -> Iterator[str]:
    host, versions = run.host, run.versions
    programs = f"{versions.get('database', MISSING)}, Redis {versions.get('Redis', MISSING)}"
    command, *again = run.command.split(", then ")
    parts = f", then parts of it again, {len(again)} times" if again else ""
    yield f"`{command}`{parts}, {run.started_at}, {run.minutes:.0f} minutes, {run.workers} workers for each service;"
    yield f"{programs}, Python {host.get('python', MISSING)}, commit {run.commit[:7] or MISSING},"
    yield f"{host.get('cores', MISSING)} cores of {host.get('cpu', MISSING)}.\n"


def _faults(run: Run) -> Iterator[str]:
    yield _line(["fault", *COMBINATIONS])
    yield _line(["---"] * (1 + len(COMBINATIONS)))
    for fault, cells in output.grouped(run):
        outcomes = {cell.combination: _outcome(cell) for cell in cells}
        title = f"**{fault.title[0].upper()}{fault.title[1:]}.**"
        yield _line([f"{title} {fault.meaning}", *(outcomes.get(name, MISSING) for name in COMBINATIONS)])
    yield ""
    yield from _remarks(run)
    recovered = max((cell.recovery_s for cell in run.cells), default=0.0)
    yield f"Longest time from the end of a fault to the last failed or slow request: {recovered:.1f} s.\n"


def _outcome(cell: Cell) -> str:
    excused = f", {cell.excused} stale after a failed invalidation" if cell.excused else ""
    return f"{output.failed(cell)} of {cell.requests}, {cell.worst_s:.2f} s{excused}"


def _remarks(run: Run) -> Iterator[str]:
    broken = [(fault, cell) for fault, cells in output.grouped(run) for cell in cells if cell.broken]
    for fault, cell in broken:
        yield f"- {fault.title}, {cell.combination}: {'; '.join(cell.broken)}."
    if broken:
        yield ""
    for finding in dict.fromkeys(cell.finding for _, cell in broken if cell.finding):
        yield f"{finding}\n"


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(text.replace('|', '/') for text in texts)} |"


def main() -> int:
    write_page(read_json(KEPT, Run), PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
