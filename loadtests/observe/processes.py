"""How busy the cores of this machine are."""

import contextlib
import ctypes
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import psutil

from loadtests.schema.server import Core, Process, Usage

ENOUGH_S: Final = 0.001


def read_cores() -> dict[str, tuple[float, float]]:
    """The busy and the total seconds of each core since boot."""
    cores = {}
    for number, times in enumerate(psutil.cpu_times(percpu=True)):
        # Guest time is already counted in user time.
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
    """Each core with each program's share of it; a program's time is spread evenly over its cores."""
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
_LIBC: Final = ctypes.CDLL(None)


class Sample(NamedTuple):
    """A process at one time: CPU seconds and seconds runnable without a core since its start, memory in MB, threads."""

    at: float
    cpu_s: float
    rss_mb: float
    threads: int | None = None
    waited_s: float | None = None


class Spent(NamedTuple):
    """CPU seconds of a program, and seconds runnable without a core, null if unknown."""

    cpu_s: float
    waited_s: float | None


class Samples:
    """Repeated samples of programs with all their processes; a program is identified by its first process.

    `allowed` are the cores on which each program may run.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._trees: dict[int, dict[psutil.Process, list[Sample]]] = {}
        self._whole: set[int] = set()
        self.allowed: dict[int, frozenset[str]] = {}
        for pid in pids:
            self.add(pid)

    def add(self, pid: int, whole: bool = False) -> None:
        """Programs with few threads can be sampled whole each time."""
        if whole:
            self._whole.add(pid)
        with contextlib.suppress(OSError):
            self.allowed[pid] = frozenset(str(core) for core in os.sched_getaffinity(pid))
        self._trees[pid] = {process: [] for process in processes_of(pid)}

    def find(self) -> None:
        """Finds processes started since; it takes milliseconds, so not during measurements."""
        for pid, tree in self._trees.items():
            for process in processes_of(pid):
                tree.setdefault(process, [Sample(process.create_time(), 0.0, 0.0, 1, 0.0)])

    def take(self, whole: bool = False) -> None:
        """A whole sample takes longer, in proportion to the number of threads."""
        for pid, tree in list(self._trees.items()):
            for process, samples in tree.items():
                with contextlib.suppress(psutil.Error, OSError):
                    samples.append(_sample(process, whole or pid in self._whole))

    def between(self, programs: Mapping[str, int], start: float, end: float) -> list[Process]:
        """Resource use of each process of these programs between two times."""
        uses = [
            _use(program, process.pid, samples, start, end)
            for program, pid in programs.items()
            for process, samples in self._trees.get(pid, {}).items()
        ]
        return sorted((use for use in uses if use), key=lambda use: (use.program, -use.cpu_s))

    def spent(self, pid: int | None, start: float, end: float) -> Spent | None:
        """Resource use of a program with all its processes between two times; null if unknown."""
        taken = [samples for samples in self._trees.get(pid or 0, {}).values() if len(samples) > 1]
        if not taken:
            return None
        waits = [wait for samples in taken if (wait := _waited_between(samples, start, end)) is not None]
        return Spent(sum(_cpu_between(samples, start, end) for samples in taken), sum(waits) if waits else None)


def processes_of(pid: int) -> list[psutil.Process]:
    """A process and its descendants, empty if it has ended."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """From the process's CPU clock (POSIX clock_getcpuclockid), in nanosecond resolution; raises OSError."""
    clock = ctypes.c_int()
    if number := _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise OSError(number, os.strerror(number))
    return time.clock_gettime(clock.value)


def tcp_connections(process: psutil.Process) -> set[tuple[str, str]]:
    """Both ends, local first, of each open connection of a process in this network namespace, as host:port."""
    try:
        connections = process.net_connections("tcp")
    except psutil.Error:
        return set()
    return {
        (f"{each.laddr.ip}:{each.laddr.port}", f"{each.raddr.ip}:{each.raddr.port}")
        for each in connections
        if each.raddr
    }


def used(processes: list[psutil.Process]) -> tuple[float, float]:
    """CPU seconds and memory in MB of the running processes."""
    cpu_s = rss_mb = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):
            cpu_s += cpu_seconds(process.pid)
            rss_mb += process.memory_info().rss / MEGABYTE
    return cpu_s, rss_mb


def by_program(processes: list[Process]) -> dict[str, Usage]:
    """Sums by program; peaks of processes are added, which gives an upper bound."""
    sums: dict[str, Usage] = {}
    for process in processes:
        so_far = sums.get(process.program, Usage(0.0, 0.0))
        memory = round(so_far.peak_rss_mb + process.peak_rss_mb, 1)
        sums[process.program] = Usage(round(so_far.cpu_s + process.cpu_s, 4), memory)
    return sums


def _sample(process: psutil.Process, whole: bool) -> Sample:
    with process.oneshot():
        at, cpu_s = time.time(), cpu_seconds(process.pid)
        threads, waited_s = (process.num_threads(), _waited(process.pid)) if whole else (None, None)
        return Sample(at, cpu_s, process.memory_info().rss / MEGABYTE, threads, waited_s)


def _waited(pid: int) -> float | None:
    """From the kernel's counts by thread: nanoseconds running, nanoseconds runnable without a core, time slices."""
    try:
        texts = [(task / "schedstat").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return None
    return sum(int(text.split()[1]) for text in texts) * NANOSECOND


def _use(program: str, pid: int, samples: list[Sample], start: float, end: float) -> Process | None:
    usage = usage_between(samples, start, end)
    if usage is None:
        return None
    waited = _waited_between(samples, start, end)
    threads = max((sample.threads for sample in samples if sample.threads), default=1)
    return Process(program, pid, usage.cpu_s, usage.peak_rss_mb, threads, None if waited is None else round(waited, 4))


def usage_between(samples: list[Sample], start: float, end: float) -> Usage | None:
    """Interpolated linearly between samples; empty without samples."""
    if len(samples) < 2:
        return None
    inside = [sample.rss_mb for sample in samples if start <= sample.at <= end]
    peak = max(inside, default=samples[-1].rss_mb)
    return Usage(cpu_s=round(_cpu_between(samples, start, end), 4), peak_rss_mb=round(peak, 1))


def _cpu_between(samples: list[Sample], start: float, end: float) -> float:
    return _increase([(sample.at, sample.cpu_s) for sample in samples], start, end)


def _waited_between(samples: list[Sample], start: float, end: float) -> float | None:
    waits = [(sample.at, sample.waited_s) for sample in samples if sample.waited_s is not None]
    return _increase(waits, start, end) if len(waits) > 1 else None


def _increase(points: list[tuple[float, float]], start: float, end: float) -> float:
    times, values = zip(*points, strict=True)
    first, last = np.interp((start, end), times, values)
    return max(0.0, float(last - first))
