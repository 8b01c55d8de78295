"""What programs use while a cell runs: CPU seconds and memory, sampled from outside."""

import threading
import time
from collections.abc import Mapping
from itertools import pairwise
from types import TracebackType
from typing import Final, NamedTuple, Self

import psutil

from loadtests.server_schema import Usage

INTERVAL_S: Final = 0.2
MEGABYTE: Final = 1024 * 1024


class Sample(NamedTuple):
    """CPU seconds since its start and memory in MB of one program, at one time."""

    at: float
    cpu_s: float
    rss_mb: float


def processes_of(pid: int) -> list[psutil.Process]:
    """Gives a process and its descendants, none when it has ended."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def used(processes: list[psutil.Process]) -> tuple[float, float]:
    """Gives the CPU seconds and the memory in MB of processes that still run."""
    cpu_s = rss_mb = 0.0
    for process in processes:
        try:
            with process.oneshot():
                times = process.cpu_times()
                cpu_s += times.user + times.system
                rss_mb += process.memory_info().rss / MEGABYTE
        except psutil.Error:
            continue
    return cpu_s, rss_mb


class Sampler:
    """Watches programs, each given by its first process, until it is left."""

    def __init__(self, programs: Mapping[str, int]) -> None:
        self._trees = {name: processes_of(pid) for name, pid in programs.items()}
        self._samples: dict[str, list[Sample]] = {name: [] for name in programs}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join(timeout=5)

    def between(self, start: float, end: float) -> dict[str, Usage]:
        """Gives each program's use between two times of the clock, in seconds of the epoch."""
        return {name: usage for name, samples in self._samples.items() if (usage := usage_between(samples, start, end))}

    def _watch(self) -> None:
        while True:
            for name, tree in self._trees.items():
                cpu_s, rss_mb = used(tree)
                # A program that has ended has nothing to say; its last sample stands.
                if rss_mb > 0:
                    self._samples[name].append(Sample(time.time(), cpu_s, rss_mb))
            if self._done.wait(INTERVAL_S):
                return


def usage_between(samples: list[Sample], start: float, end: float) -> Usage | None:
    """Gives the use between two times, by straight lines between samples; none without samples."""
    if len(samples) < 2:
        return None
    cpu_s = _cpu_at(samples, end) - _cpu_at(samples, start)
    inside = [sample.rss_mb for sample in samples if start <= sample.at <= end]
    peak = max(inside, default=samples[-1].rss_mb)
    return Usage(cpu_s=round(max(0.0, cpu_s), 4), peak_rss_mb=round(peak, 1))


def _cpu_at(samples: list[Sample], at: float) -> float:
    before, after = samples[0], samples[-1]
    for earlier, later in pairwise(samples):
        if earlier.at <= at <= later.at:
            before, after = earlier, later
    if at <= before.at or after.at == before.at:
        return before.cpu_s
    share = min(1.0, (at - before.at) / (after.at - before.at))
    return before.cpu_s + share * (after.cpu_s - before.cpu_s)
