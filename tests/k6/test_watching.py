"""What a person sees while a run goes on: lines, or the one line of a terminal."""

import io
import os
import pty
import select
import time
from typing import Any

import msgspec
import pytest

from loadtests.runner.matrix import REFRESHED_PER_S, Progress
from loadtests.schema.result import Result
from tests.support.simulated_results import document

pytestmark = pytest.mark.usefixtures("k6")


def result(name: str, **changes: Any) -> Result:
    return msgspec.convert(document(name, **changes), Result)


def progressed(progress: Progress) -> None:
    progress.begin()
    progress.starts(1)
    progress.measures("turns of product")
    progress.finished({"sync": result("sync", latency=50.0), "async": result("async", failed=3)})
    progress.starts(2)
    progress.measures("async")


def test_without_a_terminal_progress_is_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    progressed(Progress(2, 100))
    lines = written.getvalue().splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "start 1 of 2: fresh services",
        "start 1 of 2: turns of product",
        "FAILED requests: async 3",
        "  avg ms under load so far: sync 50.0",
        "start 2 of 2: fresh services",
        "start 2 of 2: async",
    ]
    assert lines[0].endswith("4 min 0 s left")
    assert "\x1b" not in written.getvalue()


def test_a_terminal_gets_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        progress = Progress(2, 100)
        progressed(progress)
        time.sleep(2 / REFRESHED_PER_S)
        terminal.flush()
        shown = ""
        while select.select([ours], [], [], 0.5)[0]:
            shown += os.read(ours, 1 << 20).decode()
        progress.end()
    os.close(ours)
    assert "start 2 of 2: async" in shown
    assert "sync 50.0" in shown
