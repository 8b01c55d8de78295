"""What a person sees while a run goes on: the lines, the table of a terminal, k6's dashboard in a browser."""

import http.client
import io
import os
import pty
import select
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtests.runner.progress import Progress
from loadtests.schema.plan import UnusableInput, read_plan
from loadtests.schema.result import Result
from tests.support.k6_runs import combinations_file
from tests.support.known_service import KnownService
from tests.support.simulated_results import document

TIMEOUT_S = 100


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def read_dashboard(port: int, until: float) -> bytes:
    """What a browser that stays gets of the dashboard's events, until it is hung up on."""
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/events", timeout=TIMEOUT_S) as events:
                received: bytes = events.read()
                return received
        except http.client.IncompleteRead as hung_up:
            return hung_up.partial
        except OSError:
            time.sleep(0.1)
    return b""


def test_a_browser_on_the_dashboard_does_not_keep_a_run_from_ending(tmp_path: Path) -> None:
    port = free_port()
    received: list[bytes] = []
    watcher = threading.Thread(target=lambda: received.append(read_dashboard(port, time.monotonic() + TIMEOUT_S)))
    with KnownService("sync", 0.002) as service:
        file = combinations_file(tmp_path, [service])
        words = [
            "--profile",
            "smoke",
            "--stack",
            "none",
            "--results",
            str(tmp_path / "runs"),
            "--combinations",
            str(file),
        ]
        watcher.start()
        done = subprocess.run(
            [sys.executable, "-m", "loadtests.run", *words],
            env={**os.environ, "DURATION": "3", "WATCH": str(port)},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    watcher.join(TIMEOUT_S)
    assert done.returncode == 0, done.stderr
    assert f"http://127.0.0.1:{port}" in done.stderr
    assert b"k6 dashboard" in received[0]
    assert list((tmp_path / "runs" / "latest").glob("sync.round-1.json"))


@pytest.mark.parametrize(
    ("watch", "stack", "words"),
    [("1", "compose", "STACK=local"), ("yes", "local", "whole number"), ("80", "local", "1024")],
)
def test_a_dashboard_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, watch: str, stack: str, words: str
) -> None:
    monkeypatch.setenv("WATCH", watch)
    with pytest.raises(UnusableInput, match=words):
        read_plan(["--stack", stack])


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
