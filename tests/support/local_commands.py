"""`python -m compose.local` as a person runs it, in a room of its own where leftovers would show."""

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


class Room:
    """A temporary directory that the stacks of one test use; short, because sockets live in it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="room-"))
        self.path.chmod(0o711)

    def left_behind(self) -> list[str]:
        """What a stack left: directories with all in them, and processes."""
        files = [str(path) for path in self.path.iterdir()]
        return files + [process.name() for process in psutil.process_iter() if marked(process, self.path)]

    def environment(self, **variables: str) -> dict[str, str]:
        """The environment for a command whose stacks use this room."""
        return {**os.environ, "TMPDIR": str(self.path), "NO_COLOR": "1", **variables}


class Command:
    """A running `python -m compose.local`; its output is collected line by line."""

    def __init__(self, room: Room, *words: str, **variables: str) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "compose.local", *words],
            cwd=CHECKOUT,
            env=room.environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def saw(self, pattern: str) -> Self:
        """Returns when a line has matched; an assertion fails when none does in time."""
        with self._news:
            found = self._news.wait_for(lambda: self.match(pattern), PATIENCE_SECONDS)
        assert found, self.lines
        return self

    def match(self, pattern: str) -> re.Match[str] | None:
        """The first line so far that matches."""
        return next(filter(None, (re.search(pattern, line) for line in list(self.lines))), None)

    def send(self, number: signal.Signals) -> Self:
        """Sends a signal to the command alone, as `kill` does."""
        self._process.send_signal(number)
        return self

    def status(self) -> int:
        """The exit status, once it has ended and all its lines are there."""
        status = self._process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return status

    def kill(self) -> None:
        """Ends it without a chance to clean up."""
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
def room() -> Iterator[Room]:
    """A room; whatever a failed test left in it is removed."""
    made = Room()
    try:
        yield made
    finally:
        sweep(made.path)
        shutil.rmtree(made.path, ignore_errors=True)


def up(room: Room, *words: str, **variables: str) -> Command:
    """`up` with one service on free ports, unless the words say otherwise."""
    return Command(room, "up", *words, **{"PORT_BASE": str(free_base()), **variables})
