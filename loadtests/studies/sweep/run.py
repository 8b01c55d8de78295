"""Measures a sweep cell by cell in the shuffled order, and writes it after each."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from loadtests.report.numbers import time_left
from loadtests.runner.ended import say
from loadtests.runner.environment import command_line
from loadtests.runner.starts import Starts
from loadtests.schema.design import design_of
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan
from loadtests.schema.result import Varies
from loadtests.schema.sweep import Cell, Document, FactorLine
from loadtests.studies.sweep.cell import cell_of, unmeasured, variables
from loadtests.studies.sweep.factors import BY_NAME, CENTRE, Point
from loadtests.studies.sweep.findings import findings, written
from loadtests.studies.sweep.ledgers import Ledgers
from loadtests.studies.sweep.options import Options
from loadtests.studies.sweep.target import SweepTarget
from loadtests.targets.k6 import GeneratorFailed

FILE: Final = "sweep.json"
CELLS: Final = "cells"


class SweepRun:
    """Measures the cells of one sweep in an order; `folder` gets sweep.json and the result file of every cell.

    Each cell's ledger has to be that of its setting in `ledgers`.
    """

    def __init__(
        self,
        options: Options,
        plan: Plan,
        folder: Path,
        run: dict[str, Any],
        order: Sequence[tuple[int, Point, str]],
        ledgers: Mapping[str, Ledgers],
    ) -> None:
        self._options = options
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
        """Raises GeneratorFailed when two cells in a row have no result."""
        folder = self._folder / CELLS
        folder.mkdir()
        starts = Starts(target, self._plan, folder, str(self._run["versions"]["k6"]))
        for number, point, name in self._order:
            say(f"cell {len(self._cells) + 1} of {len(self._order)}: {title_of(point)}, {name}; {self._left()}")
            target.aim(point)
            self._add(self._measured(starts, point, name, number))
            self._save(complete=False)
        return self._save(complete=True)

    def _measured(self, starts: Starts, point: Point, name: str, passed: int) -> Cell:
        number = len(self._cells) + 1
        injected = [] if point.injected_ms is None else [f"database {point.injected_ms:g} ms away, by a proxy"]
        try:
            load = variables(point, self._options.measured_s)
            result = starts.measure_alone(name, number, self._ledgers[point.setting], load, injected)
        except GeneratorFailed as error:
            if self._cells and not self._cells[-1].requests:
                raise
            return unmeasured(number, passed, point, name, str(error))
        return cell_of(result, number, passed, point)

    def _add(self, cell: Cell) -> None:
        self._cells.append(cell)
        average = cell.latency_ms.get("avg")
        latency = "-" if average is None else f"{average:.1f} ms"
        say(f"  {cell.throughput_rps:.0f} req/s, avg {latency}{', void: ' if cell.void else ''}{'; '.join(cell.void)}")

    def _save(self, complete: bool) -> Document:
        names = self._options.factors
        document = Document(
            schema=1,
            kind="sweep",
            started_at=self._started_at,
            command=command_line(),
            complete=complete,
            minutes=self._options.minutes,
            passes=self._options.passes,
            measured_s=self._options.measured_s,
            seed=self._options.seed,
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
            return f"about {self._options.minutes:.0f} min left"
        left = (time.monotonic() - self._started) / done * (len(self._order) - done)
        return time_left(left)


def title_of(point: Point) -> str:
    if point.factor not in BY_NAME:
        return point.factor
    factor = BY_NAME[point.factor]
    return f"{factor.title} {written(point.level, factor)}"


def _line(name: str) -> FactorLine:
    factor = BY_NAME[name]
    return FactorLine(name, factor.title, factor.unit, list(factor.levels), factor.centre, factor.injected)
