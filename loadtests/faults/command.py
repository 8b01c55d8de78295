"""Measures the fault matrix, or prints an earlier run."""

import resource
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console

from compose.local.options import StackOptions
from compose.local.progress import Progress
from loadtests.faults import output
from loadtests.faults.drive import drive, warm_up
from loadtests.faults.fault import MIXED, Fault
from loadtests.faults.rules import grew_only
from loadtests.faults.target import FaultTarget, fault_targets
from loadtests.report.numbers import MINUTE_S
from loadtests.runner.environment import command_line, describe_checkout, describe_host
from loadtests.schema.faults import Run
from loadtests.schema.files import read_json, write_json

BROKEN: Final = 1
# A thousand silent clients, and their connections at the service.
OPEN_FILES: Final = 8192
LOAD: Final = ("reads_per_second", "writes_per_second", "readers", "patchers", "orderers")


class Options(NamedTuple):
    faults: Sequence[Fault]
    combinations: Sequence[str]
    json: Path | None = None
    again: bool = False
    port_base: int = 8000
    workers: int = 2


def run(options: Options) -> int:
    """Measures and prints; returns 1 if a cell broke a rule."""
    progress = Progress()
    try:
        matrix = measure(options, progress)
    finally:
        progress.end()
    return tell(matrix)


def tell(matrix: Run) -> int:
    output.show(matrix, Console(highlight=False, markup=False))
    return BROKEN if any(cell.fails for cell in matrix.cells) else 0


def measure(options: Options, progress: Progress) -> Run:
    """Writes the run after every cell, so that an interruption loses none."""
    allow_open_files()
    stack = StackOptions(workers=options.workers, port_base=options.port_base, only=(), progress=progress)
    with fault_targets(stack, options.combinations) as targets:
        matrix = describe(next(iter(targets.values())), options.workers)
        if options.again and options.json:
            matrix = output.continued(read_json(options.json, Run), matrix)
        spent = matrix.minutes
        cells = [
            (fault, target) for fault in options.faults for target in targets.values() if fault.concerns(target.cached)
        ]
        for target in targets.values():
            progress(f"{target.name}: warming up")
            warm_up(target)
        for number, (fault, target) in enumerate(cells, 1):
            add_cell(matrix, fault, target, partial(_say, progress, f"[{number}/{len(cells)}] {target.name}"))
            matrix.minutes = round(spent + progress.elapsed / MINUTE_S, 1)
            if options.json:
                write_json(options.json, matrix)
    return matrix


def add_cell(matrix: Run, fault: Fault, target: FaultTarget, say: "partial[None]") -> None:
    """A service that broke a rule is restarted for the next cell."""
    before = target.processes()
    cell = drive(target, fault, say)
    if grew_only(cell):
        # Memory that grows again is a leak; otherwise the heap has reached its size.
        say(f"{fault.title}: repeated, as {cell.broken[0]}")
        cell = drive(target, fault, say)
    output.record(matrix, cell)
    if cell.broken:
        say(f"{fault.title}: {'; '.join(cell.broken)}")
        target.service.restart()
    if target.processes() != before:
        warm_up(target)


def describe(target: FaultTarget, workers: int) -> Run:
    return Run(
        started_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        command=command_line(),
        workers=workers,
        load={name: getattr(MIXED, name) for name in LOAD},
        host=describe_host(),
        versions={"database": target.stack.database_version, "Redis": target.redis_version()},
        **describe_checkout(),
    )


def allow_open_files() -> None:
    """Raises the limit of open files, also for the services that we start."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _say(progress: Progress, cell: str, line: str) -> None:
    progress(f"{cell}: {line}")
