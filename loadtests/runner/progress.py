"""Says what is being measured, how long it still takes, and what came out so far."""

import sys
import time
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from loadtests.report.numbers import MISSING, time_left
from loadtests.report.plain_text import shown
from loadtests.schema.result import Result

REFRESHED_PER_S: Final = 2
COLUMNS: Final = ("cells", "req/s", "avg ms", "p95 ms", "failed")


class Progress:
    """Plain lines on standard error; on a terminal a table of finished cells that is kept up to date instead."""

    def __init__(self, cells: int) -> None:
        self._cells = cells
        self._done = 0
        self._started = self._last = time.monotonic()
        self._now = ""
        self._finished: dict[str, list[Result]] = {}
        self._console = Console(stderr=True, highlight=False)
        self._live = (
            Live(get_renderable=self._picture, console=self._console, refresh_per_second=REFRESHED_PER_S)
            if sys.stderr.isatty()
            else None
        )

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)

    def begin(self) -> None:
        self._started = time.monotonic()
        if self._live:
            self._live.start()

    def starts(self, number: int, rounds: int, name: str) -> None:
        self._now = f"round {number} of {rounds}, {name}: cell {self._done + 1} of {self._cells}"
        if not self._live:
            self.say(f"{self._now}, {self._left()}")

    def finished(self, result: Result) -> None:
        self._done += 1
        self._last = time.monotonic()
        self._finished.setdefault(result.combination, []).append(result)
        if not self._live:
            self.say(_in_words(result))

    def skipped(self) -> None:
        """Counts out a cell that an earlier run has measured."""
        self._cells -= 1

    def end(self) -> None:
        if self._live:
            self._now = ""
            self._live.stop()

    def _picture(self) -> Group:
        line = f"{self._now}, {self._left()}" if self._now else f"{self._done} of {self._cells} cells measured"
        return Group(_table(self._finished), shown(line, "bold")) if self._finished else Group(shown(line, "bold"))

    def _left(self) -> str:
        """From the mean time of a finished cell, and how long the present one has run."""
        if not self._done:
            return "time left is known after the first cell"
        each = (self._last - self._started) / self._done
        left = max(0.0, each * (self._cells - self._done) - (time.monotonic() - self._last))
        return time_left(left)


def _in_words(result: Result) -> str:
    bad = result.failed + result.checks_failed
    average = result.latency_ms.avg
    line = (
        f"  {result.combination}: {result.requests} requests, {result.throughput_rps:.1f} req/s, "
        f"avg {MISSING if average is None else f'{average:.2f}'} ms"
    )
    return f"{line}, {bad} FAILED" if bad else line


def _table(finished: dict[str, list[Result]]) -> Table:
    """The mean over the finished cells of each combination: running figures, which the comparison replaces."""
    table = Table(title="finished cells, mean so far", title_justify="left")
    table.add_column("")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for name, results in finished.items():
        failed = sum(result.failed + result.checks_failed for result in results)
        table.add_row(
            shown(name),
            str(len(results)),
            _mean([result.throughput_rps for result in results]),
            _mean([result.latency_ms.avg for result in results]),
            _mean([result.latency_ms.p95 for result in results]),
            Text(str(failed), style="red" if failed else ""),
        )
    return table


def _mean(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.2f}" if known else MISSING
