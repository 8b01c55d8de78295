"""Observes a start: k6's log has the times of each load and of the turns, at which snapshots are taken."""

import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self

from loadtests.observe.database import Threads, cpu_by_user
from loadtests.observe.processes import Samples, by_program, placed
from loadtests.observe.snapshot import Difference, Snapshots, difference
from loadtests.schema.run import Ledger
from loadtests.schema.server import Change, Collector, Process, Server, Settled, Wait, by_label, total

INTERVAL_S: Final = 1.0
LISTEN_S: Final = 0.05
# The lines that matrix.js logs when a combination's load and a phase of the turns begin.
MEASURED: Final = re.compile(r"([A-Za-z0-9_-]+) is measured from (\d+) for ([\d.]+) s")
TURNS: Final = re.compile(r"turns of (.+?) from (\d+) to (\d+) in (\d+) batches(?:, rounds of ([\d.]+) ms)?")
Programs = Mapping[str, int]


class Observed(NamedTuple):
    """The observation of one combination's load, and whether it covers only the measured time."""

    start: float
    end: float
    counted: Difference
    exact: bool
    collector: Collector
    processes: list[Process]
    allowed: dict[str, frozenset[str]]


class Phase(NamedTuple):
    """The edges of batches, and CPU seconds of the database by user, null if unknown."""

    edges: list[float]
    database_s: dict[str, float] | None


class Observation:
    """Entering starts to follow k6's log; leaving waits until all of it is processed.

    `programs` are those of each combination; `on_begin` is called with the name of each load or phase that begins.
    """

    def __init__(
        self, snapshots: Snapshots, programs: Mapping[str, Programs], log: Path, on_begin: Callable[[str], None]
    ) -> None:
        self.samples = Samples({pid for each in programs.values() for pid in each.values()})
        self.phases: dict[str, Phase] = {}
        self.k6: list[int] = []
        self._loads: dict[str, Observed] = {}
        self._snapshots = snapshots
        self._programs = programs
        self._log = log
        self._on_begin = on_begin
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="observation", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=30)

    def watch_k6(self, pid: int) -> None:
        self.samples.add(pid, whole=True)
        self.k6.append(pid)

    def load(self, name: str) -> Observed | None:
        """The load of one combination, with its processes; null if the log lacks its times."""
        seen = self._loads.get(name)
        if seen is None:
            return None
        first, *others = [{"k6": pid} for pid in self.k6] or [{}]
        programs = {**self._programs[name], **first}
        allowed = {
            program: self.samples.allowed[pid] for program, pid in programs.items() if pid in self.samples.allowed
        }
        processes = [
            process for each in (programs, *others) for process in self.samples.between(each, seen.start, seen.end)
        ]
        return seen._replace(processes=processes, allowed=allowed)

    def _watch(self) -> None:
        for line in self._lines():
            if (match := MEASURED.search(line)) and match[1] in self._programs:
                self._on_begin(match[1])
                start = float(match[2]) / 1000
                self._measured(match[1], start, start + float(match[3]))
            elif match := TURNS.search(line):
                self._on_begin(f"turns of {match[1]}")
                self._turns(match[1], edges_of(*map(float, match.groups("0")[1:])))
        self.samples.find()
        self.samples.take(whole=True)

    def _lines(self) -> Iterator[str]:
        with self._log.open(errors="replace") as log:
            rest = ""
            while True:
                over = self._ended.is_set()
                *lines, rest = (rest + log.read()).split("\n")
                yield from lines
                if over:
                    return
                self._ended.wait(LISTEN_S)

    def _measured(self, name: str, start: float, end: float) -> None:
        self._wait(start)
        began = time.thread_time()
        # Before the snapshot, which a saturated service answers late.
        self.samples.take(whole=True)
        first = self._snapshots.take(name)
        while time.time() < end and not self._wait(min(end, time.time() + INTERVAL_S)):
            self.samples.take(whole=time.time() >= end)
        last = self._snapshots.take(name)
        cost = time.thread_time() - began
        collector = Collector(round(cost, 4), round(cost / max(INTERVAL_S, last.at - first.at), 5))
        self._loads[name] = Observed(start, end, difference(first, last), time.time() >= end, collector, [], {})

    def _turns(self, name: str, edges: list[float]) -> None:
        database = next((each["database"] for each in self._programs.values() if "database" in each), None)
        before: Threads | None = self._snapshots.threads(database)
        for edge in edges:
            self._wait(edge)
            self.samples.take()
        after = self._snapshots.threads(database)
        self.phases[name] = Phase(edges, cpu_by_user(before, after) if before and after else None)

    def _wait(self, until: float) -> bool:
        return self._ended.wait(max(0.0, until - time.time()))


def edges_of(begins: float, ends: float, batches: float, round_ms: float) -> list[float]:
    """When the first round of each batch begins and the last one ends, in seconds; all parameters are in milliseconds.

    A round belongs to the batch in which it begins. `round_ms` is 0 if rounds last as long as their answers.
    """
    edges = [(ends - begins) * number / batches for number in range(int(batches))]
    whole = [math.ceil(edge / round_ms) * round_ms if round_ms else edge for edge in edges]
    return [(begins + min(edge, ends - begins)) / 1000 for edge in (*whole, ends - begins)]


WAITS: Final = {"pool": "pool_wait_seconds", "queue": "http_queue_seconds", "lag": "worker_lag_seconds"}
# The capacity of each resource that requests wait for: its ledger entry, and whether it is per worker.
LIMITS: Final = (
    ("workers", "workers", False),
    ("database connections", "database connections", False),
    ("requests at once", "requests at once in a process", True),
)


def server_side(
    observed: Observed, cores: dict[str, int], requests: int, ledger: Ledger, changed: list[Change], settled: Settled
) -> Server:
    """The server's side of one combination's load, as in a result file."""
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
