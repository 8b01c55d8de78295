"""Watches a cell from outside while k6 measures: a snapshot at each end of the measured time, samples in between."""

import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self

from loadtests.observe.processes import Samples, by_program, placed
from loadtests.observe.snapshot import Difference, Snapshots, difference
from loadtests.schema.run import Ledger
from loadtests.schema.server import Change, Collector, Process, Server, Settled, Wait, by_label, total

INTERVAL_S: Final = 1.0
LISTEN_S: Final = 0.05
# What matrix.js says when its first visitor arrives.
BOUNDS: Final = re.compile(r"is measured from (\d+) for ([\d.]+) s")


class Observed(NamedTuple):
    """What was seen, and whether that is the measured time alone."""

    counted: Difference
    processes: list[Process]
    allowed: dict[str, frozenset[str]]
    exact: bool
    collector: Collector


class Observation:
    """Entering begins to watch; after k6 has ended, `result` gives what was seen."""

    def __init__(self, snapshots: Snapshots, programs: Mapping[str, int], log: Path) -> None:
        self._snapshots = snapshots
        self._samples = Samples(programs)
        self._log = log
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="observation", daemon=True)
        self._cpu_s = 0.0
        self._exact = False

    def __enter__(self) -> Self:
        self._first = self._last = self._snapshots.take()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(timeout=30)

    def watch(self, program: str, pid: int) -> None:
        self._samples.add(program, pid)

    def result(self, start: float, end: float) -> Observed:
        """What was seen; processes exactly between these times of the clock."""
        seconds = max(INTERVAL_S, self._last.at - self._first.at)
        cost = Collector(round(self._cpu_s, 4), round(self._cpu_s / seconds, 5))
        counted = difference(self._first, self._last)
        return Observed(counted, self._samples.between(start, end), self._samples.allowed, self._exact, cost)

    def _watch(self) -> None:
        self._samples.take(time.time())
        bounds = self._bounds()
        began = time.thread_time()
        if bounds is None:
            self._last = self._snapshots.take()
        else:
            self._between(*bounds)
        self._cpu_s = time.thread_time() - began
        self._samples.find()
        self._samples.take(time.time(), whole=True)

    def _bounds(self) -> tuple[float, float] | None:
        while not (found := BOUNDS.search(self._log.read_text(errors="replace"))):
            if self._ended.wait(LISTEN_S):
                return None
        start = float(found[1]) / 1000
        return start, start + float(found[2])

    def _between(self, start: float, end: float) -> None:
        if self._wait(start):
            return
        # Before the snapshot, in which a service that is full answers late.
        self._samples.take(time.time(), whole=True)
        self._first = self._snapshots.take()
        while time.time() < end and not self._wait(min(end, time.time() + INTERVAL_S)):
            self._samples.take(time.time(), whole=time.time() >= end)
        self._last = self._snapshots.take()
        self._exact = time.time() >= end

    def _wait(self, until: float) -> bool:
        return self._ended.wait(max(0.0, until - time.time()))


WAITS: Final = {"pool": "pool_wait_seconds", "queue": "http_queue_seconds", "lag": "worker_lag_seconds"}
# What there is of something that requests wait for: the entry that says it, whether it counts per worker.
LIMITS: Final = (
    ("workers", "workers", False),
    ("database connections", "database connections", False),
    ("requests at once", "requests at once in a process", True),
)


def server_side(
    observed: Observed, cores: dict[str, int], requests: int, ledger: Ledger, changed: list[Change], settled: Settled
) -> Server:
    counted, use = observed.counted, by_program(observed.processes)
    seconds = max(counted.seconds, 1e-3)
    spent = use["service"].cpu_s * 1000 / requests if "service" in use and requests else None
    return Server(
        programs=use,
        cores=cores,
        service_cpu_ms_per_request=None if spent is None else round(spent, 4),
        counters=counted.counters,
        window_s=round(counted.seconds, 3) if observed.exact else None,
        processes=observed.processes,
        core_use=placed(counted.busy, use, observed.allowed, seconds),
        workers=_shares(counted.counters),
        waits={name: wait for name, metric in WAITS.items() if (wait := _wait(counted.counters, metric))},
        database=counted.status,
        statements=counted.statements,
        redis=counted.redis,
        limits=_limits(ledger),
        settled=settled,
        collector=observed.collector,
        ledger_changes=changed,
    )


def _shares(counters: Mapping[str, float]) -> dict[str, float]:
    counted = {pid: count for pid, count in by_label(counters, "http_worker_requests", "pid").items() if count > 0}
    every = sum(counted.values())
    return {pid: round(count / every, 4) for pid, count in counted.items()}


def _wait(counters: Mapping[str, float], metric: str) -> Wait | None:
    if f"{metric}_count" not in counters:
        return None
    count = total(counters, f"{metric}_count")
    return Wait(count, round(total(counters, f"{metric}_sum") * 1000 / count, 4) if count else None)


def _limits(ledger: Ledger) -> dict[str, float]:
    workers = _whole(ledger.get("workers")) or 1
    limits = {}
    for name, entry, per_worker in LIMITS:
        if (value := _whole(ledger.get(entry))) is not None:
            limits[name] = float(value * workers if per_worker else value)
    return limits


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
