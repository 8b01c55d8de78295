"""The fault matrix: python -m loadtests.faults."""

import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Final

from rich.console import Console

from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.progress import Progress
from loadtests.consistency.process import DriverFailed
from loadtests.faults import options, output
from loadtests.faults.drive import drive, warm_up
from loadtests.faults.fault import STEADY, Row
from loadtests.faults.local import scenes
from loadtests.faults.options import Options
from loadtests.faults.output import Run
from loadtests.faults.rules import grew_only
from loadtests.faults.scene import Scene
from loadtests.runner.environment import describe_checkout, describe_host

BROKEN: Final = 1
INTERRUPTED: Final = 130
# A thousand silent clients, and as many connections of theirs at the service.
OPEN_FILES: Final = 8192


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs or shows the matrix; gives the exit status that `--help` explains."""
    progress = Progress()
    try:
        chosen = options.read(arguments)
        if chosen.show:
            return tell(output.read(chosen.show), chosen)
        run = measured(chosen, progress, arguments)
        progress.end()
        return tell(run, chosen)
    except StackError as error:
        return progress.fail(error)
    except DriverFailed as error:
        return progress.fail(StackError(str(error)))
    except KeyboardInterrupt:
        progress.end()
        print("faults: interrupted; everything is ended and removed", file=sys.stderr)
        return INTERRUPTED
    finally:
        progress.end()


def tell(run: Run, chosen: Options) -> int:
    """Prints a run; gives 1 when one of its cells broke a rule."""
    output.show(run, Console(highlight=False, markup=False))
    if chosen.document:
        output.write_page(run, chosen.document)
    return BROKEN if any(cell.fails for cell in run.cells) else 0


def measured(chosen: Options, progress: Progress, arguments: Sequence[str] | None) -> Run:
    """Gives the run, which is also written after every cell: an interruption loses none."""
    allow_open_files()
    stack = StackOptions(workers=options.WORKERS, port_base=chosen.port_base, only=(), progress=progress)
    with scenes(stack, chosen.combinations) as found:
        run = described(next(iter(found.values())), arguments)
        if chosen.again and chosen.json:
            run = output.continued(output.read(chosen.json), run)
        spent = run.minutes
        cells = [(row, scene) for row in chosen.rows for scene in found.values() if row.concerns(scene.cached)]
        for scene in found.values():
            progress(f"{scene.name}: warming up")
            warm_up(scene)
        for number, (row, scene) in enumerate(cells, 1):
            one(run, row, scene, progress, f"[{number}/{len(cells)}]")
            run.minutes = round(spent + progress.elapsed / 60, 1)
            if chosen.json:
                output.write(chosen.json, run)
    return run


def one(run: Run, row: Row, scene: Scene, progress: Progress, place: str) -> None:
    """Adds a cell to the run; a service that broke a rule starts the next one fresh."""
    say = partial(_say, progress, f"{place} {scene.name}")
    before = scene.processes()
    cell = drive(scene, row, say)
    if grew_only(cell):
        # What grows again is a leak; what does not is a heap that has found its size.
        say(f"{row.title}: once more, as {cell.broken[0]}")
        cell = drive(scene, row, say)
    output.record(run, cell)
    if cell.broken:
        say(f"{row.title}: {'; '.join(cell.broken)}")
        scene.service.restart()
    if scene.processes() != before:
        warm_up(scene)


def described(scene: Scene, arguments: Sequence[str] | None) -> Run:
    """Gives a run without cells."""
    words = sys.argv[1:] if arguments is None else arguments
    return Run(
        started_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        command=" ".join(["python -m loadtests.faults", *words]),
        workers=options.WORKERS,
        load=asdict(STEADY),
        host=describe_host(),
        versions={"database": scene.stack.database_version, "Redis": scene.redis_version()},
        **describe_checkout(),
    )


def _say(progress: Progress, place: str, line: str) -> None:
    progress(f"{place}: {line}")


def allow_open_files() -> None:
    """Raises the limit of open files, for us and for the services that we start."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    sys.exit(main())
