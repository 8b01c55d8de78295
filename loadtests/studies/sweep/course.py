"""A sweep on its way: cell after cell in the shuffled order, written down after each."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from loadtests.report.numbers import time_left
from loadtests.runner.cell import Cells
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line
from loadtests.schema.design import design_of
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan
from loadtests.schema.result import Varies
from loadtests.schema.sweep import Cell, Document, FactorLine
from loadtests.studies.sweep.cell import cell_of, nothing, variables
from loadtests.studies.sweep.factors import BY_NAME, CENTRE, Point
from loadtests.studies.sweep.findings import findings, written
from loadtests.studies.sweep.ledgers import Ledgers
from loadtests.studies.sweep.options import Options
from loadtests.studies.sweep.target import SweepTarget
from loadtests.targets.k6 import GeneratorFailed

FILE: Final = "sweep.json"
CELLS: Final = "cells"


class Course:
    """Measures the cells of one sweep in an order; `folder` gets sweep.json and the result file of every cell.

    Each cell's ledger has to be that of its setting in `ledgers`.
    """

    def __init__(
        self,
        asked: Options,
        plan: Plan,
        folder: Path,
        run: dict[str, Any],
        order: Sequence[tuple[int, Point, str]],
        ledgers: Mapping[str, Ledgers],
    ) -> None:
        self._asked = asked
        self._plan = plan
        self._folder = folder
        self._run = run
        self._started_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._started = time.monotonic()
        self._order = order
        self._ledgers = ledgers
        varies = {name: Varies(stack=stack, cache=cache) for name, (stack, cache) in plan.axes.items()}
        self._comparisons = design_of(varies).simple
        self._cells: list[Cell] = []

    def measure(self, target: SweepTarget) -> Document:
        """Gives the whole document; raises GeneratorFailed when two cells in a row come to nothing."""
        folder = self._folder / CELLS
        folder.mkdir()
        cells = Cells(target, self._plan, folder, str(self._run["versions"]["k6"]))
        for number, point, name in self._order:
            say(f"cell {len(self._cells) + 1} of {len(self._order)}: {named(point)}, {name}; {self._left()}")
            target.aim(point)
            self._add(self._measured(cells, point, name, number))
            self._save(complete=False)
        return self._save(complete=True)

    def _measured(self, cells: Cells, point: Point, name: str, passed: int) -> Cell:
        number = len(self._cells) + 1
        injected = [] if point.injected_ms is None else [f"database {point.injected_ms:g} ms away, by a proxy"]
        try:
            given = variables(point, self._asked.measured_s)
            result = cells.measure(name, number, self._ledgers[point.setting][name], given, injected)
        except GeneratorFailed as error:
            if self._cells and not self._cells[-1].requests:
                raise
            return nothing(number, passed, point, name, str(error))
        return cell_of(result, number, passed, point)

    def _add(self, cell: Cell) -> None:
        self._cells.append(cell)
        average = cell.latency_ms.get("avg")
        latency = "-" if average is None else f"{average:.1f} ms"
        say(f"  {cell.throughput_rps:.0f} req/s, avg {latency}{', void: ' if cell.void else ''}{'; '.join(cell.void)}")

    def _save(self, complete: bool) -> Document:
        names = self._asked.factors
        document = Document(
            schema=1,
            kind="sweep",
            started_at=self._started_at,
            command=command_line(),
            complete=complete,
            minutes=self._asked.minutes,
            passes=self._asked.passes,
            measured_s=self._asked.measured_s,
            seed=self._asked.seed,
            centre=dict(CENTRE),
            factors=[_line(name) for name in names],
            comparisons=self._comparisons,
            findings=findings(self._cells, names, self._comparisons),
            cells=list(self._cells),
            run=self._run,
        )
        write_json(self._folder / FILE, document)
        return document

    def _left(self) -> str:
        done = len(self._cells)
        if not done:
            return f"about {self._asked.minutes:.0f} min left"
        left = (time.monotonic() - self._started) / done * (len(self._order) - done)
        return time_left(left)


def named(point: Point) -> str:
    """Gives a point for people."""
    if point.factor not in BY_NAME:
        return point.factor
    factor = BY_NAME[point.factor]
    return f"{factor.title} {written(point.level, factor)}"


def _line(name: str) -> FactorLine:
    factor = BY_NAME[name]
    return FactorLine(name, factor.title, factor.unit, list(factor.levels), factor.centre, factor.injected)
