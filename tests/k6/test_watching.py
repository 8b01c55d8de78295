"""What a person sees while a run goes on: the lines, the table of a terminal."""

import io
import os
import pty
import select
from typing import Any

import msgspec
import pytest

from loadtests.runner.progress import Progress
from loadtests.schema.result import Result
from tests.support.simulated_results import document

pytestmark = pytest.mark.usefixtures("k6")


def cell(name: str, **changes: Any) -> Result:
    return msgspec.convert(document(name, **changes), Result)


def progressed(progress: Progress) -> None:
    progress.begin()
    progress.starts(1, 2, "sync")
    progress.finished(cell("sync", latency=50.0))
    progress.starts(1, 2, "async")
    progress.finished(cell("async", failed=3))
    progress.end()


def test_without_a_terminal_progress_is_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    progressed(Progress(4))
    lines = written.getvalue().splitlines()
    assert lines[0].startswith("round 1 of 2, sync: cell 1 of 4")
    assert "avg 50.00 ms" in lines[1]
    assert "3 FAILED" in lines[3]
    assert "\x1b" not in written.getvalue()


def test_a_terminal_gets_a_table_of_finished_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        progressed(Progress(4))
        terminal.flush()
        shown = ""
        while select.select([ours], [], [], 0.5)[0]:
            shown += os.read(ours, 1 << 20).decode()
    os.close(ours)
    assert "finished cells" in shown
    assert "50.00" in shown
    assert "2 of 4 cells measured" in shown
