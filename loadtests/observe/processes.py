"""How busy the cores of this machine are."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import psutil

from loadtests.schema.server import Core, Process, Usage

ENOUGH_S: Final = 0.001


def read_cores() -> dict[str, tuple[float, float]]:
    """The seconds that each core was busy, and all its seconds, since the start of the machine."""
    cores = {}
    for number, times in enumerate(psutil.cpu_times(percpu=True)):
        # Guest time is counted in user time already.
        total = sum(times) - times.guest - times.guest_nice
        cores[str(number)] = (total - times.idle - times.iowait, total)
    return cores


def busy_between(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> dict[str, float]:
    return {
        core: round((after[core][0] - before[core][0]) / (after[core][1] - before[core][1]), 4)
        for core in before.keys() & after.keys()
        if after[core][1] - before[core][1] > ENOUGH_S
    }


def placed(
    busy: Mapping[str, float], use: Mapping[str, Usage], allowed: Mapping[str, frozenset[str]], seconds: float
) -> dict[str, Core]:
    """Each core with the share of it that each program had, its time spread evenly over its cores."""
    return {
        core: Core(
            share,
            {
                program: round(use[program].cpu_s / seconds / len(mine), 4)
                for program, mine in sorted(allowed.items())
                if core in mine and program in use
            },
        )
        for core, share in sorted(busy.items())
    }


MEGABYTE: Final = 1024 * 1024
NANOSECOND: Final = 1e-9


class Sample(NamedTuple):
    """One process at one time: CPU seconds and seconds without a core since its start, memory in MB, threads."""

    at: float
    cpu_s: float
    rss_mb: float
    threads: int | None = None
    waited_s: float | None = None


class Samples:
    """All processes of some programs, each program given by its first process, sampled again and again.

    `allowed` are the cores on which each program may run.
    """

    def __init__(self, programs: Mapping[str, int]) -> None:
        self._seen: dict[tuple[str, psutil.Process], list[Sample]] = {}
        self._programs: dict[str, int] = {}
        self.allowed: dict[str, frozenset[str]] = {}
        for program, pid in programs.items():
            self.add(program, pid)

    def add(self, program: str, pid: int) -> None:
        self._programs[program] = pid
        with contextlib.suppress(OSError):
            self.allowed[program] = frozenset(str(core) for core in os.sched_getaffinity(pid))
        for process in processes_of(pid):
            self._seen.setdefault((program, process), [])

    def find(self) -> None:
        """Looks for processes that were started since: it takes milliseconds, so not while something is measured."""
        for program, pid in self._programs.items():
            for process in processes_of(pid):
                if (program, process) not in self._seen:
                    self._seen[program, process] = [Sample(process.create_time(), 0.0, 0.0, 1, 0.0)]

    def take(self, at: float, whole: bool = False) -> None:
        """A whole sample takes longer."""
        for (_, process), samples in list(self._seen.items()):
            try:
                samples.append(_sample(process, at, whole))
            except psutil.Error:
                continue

    def between(self, start: float, end: float) -> list[Process]:
        """What each process used between two times of the clock."""
        uses = [_use(program, process.pid, taken, start, end) for (program, process), taken in self._seen.items()]
        return sorted((use for use in uses if use), key=lambda use: (use.program, -use.cpu_s))


def processes_of(pid: int) -> list[psutil.Process]:
    """A process and its descendants, none when it has ended."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def tcp_connections(process: psutil.Process) -> set[tuple[str, str]]:
    """Both ends of each open connection of a process in this network namespace, its own first, as host:port."""
    try:
        found = process.net_connections("tcp")
    except psutil.Error:
        return set()
    return {
        (f"{each.laddr.ip}:{each.laddr.port}", f"{each.raddr.ip}:{each.raddr.port}") for each in found if each.raddr
    }


def used(processes: list[psutil.Process]) -> tuple[float, float]:
    """CPU seconds and memory in MB of the processes that still run."""
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


def by_program(processes: list[Process]) -> dict[str, Usage]:
    """Sums by program; peaks of processes are added, which is never too little."""
    sums: dict[str, Usage] = {}
    for process in processes:
        so_far = sums.get(process.program, Usage(0.0, 0.0))
        memory = round(so_far.peak_rss_mb + process.peak_rss_mb, 1)
        sums[process.program] = Usage(round(so_far.cpu_s + process.cpu_s, 4), memory)
    return sums


def _sample(process: psutil.Process, at: float, whole: bool) -> Sample:
    with process.oneshot():
        times = process.cpu_times()
        memory = process.memory_info().rss / MEGABYTE
        threads, waited_s = (process.num_threads(), _waited(process.pid)) if whole else (None, None)
        return Sample(at, times.user + times.system, memory, threads, waited_s)


def _waited(pid: int) -> float | None:
    """The kernel's own count, by thread: nanoseconds at work, nanoseconds ready and without a core, turns."""
    try:
        texts = [(task / "schedstat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return None
    return sum(int(text.split()[1]) for text in texts) * NANOSECOND


def _use(program: str, pid: int, samples: list[Sample], start: float, end: float) -> Process | None:
    usage = usage_between(samples, start, end)
    if usage is None:
        return None
    waits = [(sample.at, sample.waited_s) for sample in samples if sample.waited_s is not None]
    waited = round(max(0.0, _at(waits, end) - _at(waits, start)), 4) if len(waits) > 1 else None
    threads = max((sample.threads for sample in samples if sample.threads), default=1)
    return Process(program, pid, usage.cpu_s, usage.peak_rss_mb, threads, waited)


def usage_between(samples: list[Sample], start: float, end: float) -> Usage | None:
    """By straight lines between samples; none without samples."""
    if len(samples) < 2:
        return None
    points = [(sample.at, sample.cpu_s) for sample in samples]
    inside = [sample.rss_mb for sample in samples if start <= sample.at <= end]
    peak = max(inside, default=samples[-1].rss_mb)
    return Usage(cpu_s=round(max(0.0, _at(points, end) - _at(points, start)), 4), peak_rss_mb=round(peak, 1))


def _at(points: list[tuple[float, float]], at: float) -> float:
    times, values = zip(*points, strict=True)
    return float(np.interp(at, times, values))
