"""Says what is being measured, how long it still takes, and what came out so far."""

import sys
import time
from typing import Final

from rich.console import Console

from loadtests.results_schema import Result

MINUTE_S: Final = 60


class Progress:
    """Plain lines on standard error; a terminal gets the time that is left as a status line too."""

    def __init__(self, cells: int) -> None:
        self._cells = cells
        self._done = 0
        self._started = time.monotonic()
        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("") if sys.stderr.isatty() else None

    def say(self, line: str) -> None:
        """Prints one line."""
        self._console.print(line, markup=False, soft_wrap=True)

    def begin(self) -> None:
        """Starts the clock of the cells, after everything is set up."""
        self._started = time.monotonic()
        if self._status:
            self._status.start()

    def starts(self, number: int, rounds: int, name: str) -> None:
        """Says which cell is measured now."""
        line = f"round {number} of {rounds}, {name}: cell {self._done + 1} of {self._cells}"
        line += f", {self._left()}"
        if self._status:
            self._status.update(line)
        else:
            self.say(line)

    def finished(self, result: Result) -> None:
        """Says what a cell came to."""
        self._done += 1
        bad = result.failed + result.checks_failed
        average = result.latency_ms.avg
        self.say(
            f"  {result.combination}: {result.requests} requests, "
            f"{result.throughput_rps:.1f} req/s, "
            f"avg {'-' if average is None else f'{average:.2f}'} ms" + (f", {bad} FAILED" if bad else "")
        )

    def skipped(self) -> None:
        """Counts a cell that an earlier run has measured."""
        self._cells -= 1

    def end(self) -> None:
        """Takes the status line away."""
        if self._status:
            self._status.stop()

    def _left(self) -> str:
        if not self._done:
            return "time left is known after the first cell"
        each = (time.monotonic() - self._started) / self._done
        left = each * (self._cells - self._done)
        return f"{left // MINUTE_S:.0f} min {left % MINUTE_S:.0f} s left"
