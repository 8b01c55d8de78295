"""`python -m compose.local` as a user runs it, in a temporary directory where leftovers are visible."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psutil

from compose.local.definition import CHECKOUT
from compose.local.processes import marked, sweep
from tests.support.stacks import free_base

PATIENCE_SECONDS = 100


class Sandbox:
    """TMPDIR of a test's stacks; a short path, because it holds Unix sockets."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="sandbox-"))
        self.path.chmod(0o711)

    def left_behind(self) -> list[str]:
        """Files and processes that a stack has left."""
        files = [str(path) for path in self.path.iterdir()]
        return files + [process.name() for process in psutil.process_iter() if marked(process, self.path)]

    def environment(self, **variables: str) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.path), "NO_COLOR": "1", **variables}


class Command:
    """A running `python -m compose.local`; `lines` is its output so far."""

    def __init__(self, sandbox: Sandbox, *words: str, **variables: str) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "compose.local", *words],
            cwd=CHECKOUT,
            env=sandbox.environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def saw(self, pattern: str) -> Self:
        """Wait for a line that matches; fails after PATIENCE_SECONDS."""
        with self._news:
            matched = self._news.wait_for(lambda: self.match(pattern), PATIENCE_SECONDS)
        assert matched, self.lines
        return self

    def match(self, pattern: str) -> re.Match[str] | None:
        return next(filter(None, (re.search(pattern, line) for line in list(self.lines))), None)

    def send(self, number: signal.Signals) -> Self:
        """Signal the command alone, not its process group."""
        self._process.send_signal(number)
        return self

    def status(self) -> int:
        """Wait for the exit and all output; return the exit status."""
        status = self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return status

    def kill(self) -> None:
        """SIGKILL, so that it cannot clean up."""
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def _collect(self) -> None:
        output = self._process.stdout
        assert output
        with output:
            for line in output:
                with self._news:
                    self.lines.append(line.rstrip("\n"))
                    self._news.notify_all()


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """Removes what a failed test has left."""
    sandbox = Sandbox()
    try:
        yield sandbox
    finally:
        sweep(sandbox.path)
        shutil.rmtree(sandbox.path, ignore_errors=True)


def up(sandbox: Sandbox, *words: str, **variables: str) -> Command:
    """Run `up` on free ports by default."""
    return Command(sandbox, "up", *words, **{"PORT_BASE": str(free_base()), **variables})
