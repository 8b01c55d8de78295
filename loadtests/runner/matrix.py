"""Measures a matrix: all combinations in each start, with fresh services; prints progress."""

import secrets
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from loadtests.report.numbers import digits, time_left
from loadtests.report.plain_text import shown
from loadtests.runner.environment import describe_checkout, describe_host, libraries, read_ledgers
from loadtests.runner.folders import keep
from loadtests.runner.starts import Starts
from loadtests.schema.files import write_json
from loadtests.schema.plan import Plan, lasting
from loadtests.schema.result import Result
from loadtests.schema.run import RUN_FILE
from loadtests.targets.base import Target
from loadtests.targets.k6 import VoidStart
from loadtests.targets.registry import TARGETS, OpenTarget

REFRESHED_PER_S: Final = 2
# An estimate until a start is measured: its time besides the load, for fresh services and the warm-up of the turns.
OVERHEAD_S: Final = 20


class Progress:
    """Plain lines on standard error; on a terminal one line that is updated instead."""

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
        """The mean over the finished starts, a preview of the comparison."""
        figures = [f"{name} {digits(fmean(averages))}" for name, averages in self._averages.items()]
        return f"avg ms under load so far: {', '.join(figures)}" if figures else ""

    def _left(self) -> str:
        """From the mean time of finished starts and the time of the current one."""
        return time_left(max(0.0, self._each * (self._starts - self._done) - (time.monotonic() - self._last)))


def measure_matrix(plan: Plan, folder: Path, open_target: OpenTarget | None = None) -> None:
    """`folder` gets the results; `open_target` replaces the target of the plan's stack.

    Raises UnusableInput, StackError, TargetError and GeneratorFailed; finished starts are kept, and without any the
    folder is removed.
    """
    run = describe_run(plan)
    progress = Progress(plan.rounds, lasting({**plan.lengths, **plan.load}, len(plan.names)))
    try:
        with (open_target or TARGETS[plan.stack])(plan, progress.say) as target:
            progress.say(f"results go to {folder}")
            run |= {"ledger": read_ledgers(target, plan, progress.say)}
            run |= {"host": target.host() or run["host"]}
            run |= {"versions": target.versions() | libraries(run["ledger"]), "images": target.images()}
            _measure_all(target, plan, folder, progress, run)
    finally:
        progress.end()
        keep(folder)


def _measure_all(target: Target, plan: Plan, folder: Path, progress: Progress, run: dict[str, Any]) -> None:
    starts = Starts(target, plan, folder, run["versions"].get("k6", ""), run=run, on_begin=progress.measures)
    write_json(folder / RUN_FILE, run)
    progress.begin()
    void: VoidStart | None = None
    for number in range(1, plan.rounds + 1):
        progress.starts(number)
        try:
            results = starts.measure(plan.names, number, run["ledger"])
        except VoidStart as error:
            void, results = error, {}
            progress.say(f"start {number} is void: {error}")
        write_json(folder / RUN_FILE, {**run, "measured_s": starts.measured_s, "finished": number == plan.rounds})
        progress.finished(results)
    if void and not any(folder.glob("*.round-*.json")):
        raise void


def describe_run(plan: Plan) -> dict[str, Any]:
    return {
        "run_id": secrets.token_hex(8),
        "started_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "finished": False,
        "profile": plan.profile_name,
        "rounds": plan.rounds,
        "starts": plan.rounds,
        "stack": plan.stack,
        "workers": plan.workers,
        "generators": plan.generators,
        "combinations": plan.names,
        "load": dict(plan.load),
        **plan.hashes,
        "host": describe_host(),
        **describe_checkout(),
    }
