"""Says what is being measured, how long it still takes, and what came out so far."""

import sys
import time
from collections.abc import Mapping
from statistics import fmean
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadtests.report.numbers import digits, time_left
from loadtests.report.plain_text import shown
from loadtests.schema.result import Result

REFRESHED_PER_S: Final = 2
# Until a start has been measured: what it takes beside its load, with fresh services and the warm-up of the turns.
OVERHEAD_S: Final = 20


class Progress:
    """Plain lines on standard error; on a terminal one line that is kept up to date instead."""

    def __init__(self, starts: int, start_s: float) -> None:
        self._starts = starts
        self._each = start_s + OVERHEAD_S
        self._done = 0
        self._began = self._last = time.monotonic()
        self._now = ""
        self._averages: dict[str, list[float]] = {}
        self._console = Console(stderr=True, highlight=False)
        self._live = (
            Live(
                get_renderable=self._picture, console=self._console, refresh_per_second=REFRESHED_PER_S, transient=True
            )
            if sys.stderr.isatty()
            else None
        )

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)

    def begin(self) -> None:
        self._began = self._last = time.monotonic()
        if self._live:
            self._live.start()

    def starts(self, number: int) -> None:
        self._now = f"start {number} of {self._starts}"
        self.measures("fresh services")

    def measures(self, what: str) -> None:
        self._now = f"{self._now.partition(':')[0]}: {what}"
        if not self._live:
            self.say(f"{self._now}, {self._left()}")

    def finished(self, results: Mapping[str, Result]) -> None:
        self._done += 1
        self._last = time.monotonic()
        self._each = (self._last - self._began) / self._done
        for name, result in results.items():
            if result.latency_ms.avg is not None:
                self._averages.setdefault(name, []).append(result.latency_ms.avg)
        bad = {name: count for name, result in results.items() if (count := result.failed + result.checks_failed)}
        if bad:
            self.say(f"FAILED requests: {', '.join(f'{name} {count}' for name, count in bad.items())}")
        if not self._live:
            self.say(f"  {self._so_far()}")

    def end(self) -> None:
        if self._live:
            self._live.stop()

    def _picture(self) -> Text:
        line = shown(", ".join(filter(None, (self._now, self._left(), self._so_far()))), "bold")
        line.no_wrap, line.overflow = True, "ellipsis"
        return line

    def _so_far(self) -> str:
        """The mean over the finished starts, which the comparison replaces."""
        figures = [f"{name} {digits(fmean(averages))}" for name, averages in self._averages.items()]
        return f"avg ms under load so far: {', '.join(figures)}" if figures else ""

    def _left(self) -> str:
        """From the mean time of a finished start, and how long the present one has run."""
        return time_left(max(0.0, self._each * (self._starts - self._done) - (time.monotonic() - self._last)))
