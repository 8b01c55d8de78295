"""A run of the fault matrix as a file."""

from pathlib import Path
from typing import Any, Final

import msgspec

from compose.failures import unusable
from loadtests.faults.cell import Cell

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


def put(run: Run, cell: Cell) -> None:
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
