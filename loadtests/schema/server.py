"""The server's side of a result: resource use, work and waits of its programs in the measured time."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import msgspec

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Amount: TypeAlias = Annotated[float, msgspec.Meta(ge=0)]


class Usage(msgspec.Struct, frozen=True):
    """CPU seconds and peak memory in MB of a program and its children."""

    cpu_s: Amount
    peak_rss_mb: Amount = 0.0


class Process(msgspec.Struct, frozen=True):
    """One process of a program; `waited_s` is the time it was runnable without a core, null if unknown."""

    program: str
    pid: Count
    cpu_s: Amount
    peak_rss_mb: Amount
    threads: Count
    waited_s: Amount | None = None


class Core(msgspec.Struct, frozen=True):
    """How busy one core was, as shares of the time.

    `programs` is an upper bound of each program's share: all its CPU time divided by the cores that it may use.
    """

    busy: Amount
    programs: dict[str, Amount] = {}


class Wait(msgspec.Struct, frozen=True):
    """How often something waited, and for how long on average, in ms."""

    count: Amount
    avg_ms: Amount | None


class Statement(msgspec.Struct, frozen=True):
    """The cost of a statement, its name in shared/shop/statements.py or its text, and the routes that use it."""

    statement: str
    routes: list[str]
    executions: Count
    total_ms: Amount
    avg_ms: Amount
    rows_examined: Count


class Change(msgspec.Struct, frozen=True):
    """A ledger entry with another value in this start."""

    entry: str
    before: str | None
    after: str | None


class Settled(msgspec.Struct, frozen=True):
    """How long the start waited for a quiet machine, how many cores were busy then, and whether it was quiet."""

    seconds: Amount
    busy_cores: Amount
    quiet: bool


class Collector(msgspec.Struct, frozen=True):
    """The cost of collecting in this program, in CPU seconds and as a share of one core."""

    cpu_s: Amount
    core_share: Amount


class Server(msgspec.Struct, frozen=True):
    """The server's side of a result, by program: service, database, cache, k6.

    Figures are differences of two snapshots, `window_s` apart: the measured time without the warm-up, null if the
    snapshots were taken before the start and after the end of k6. `counters` are the service's own (`/metrics`),
    `workers` the share of requests by worker process, `waits` are pool, queue and lag; `database` and `redis` are the
    servers' counters.
    """

    programs: dict[str, Usage] = {}
    cores: dict[str, Count] = {}
    service_cpu_ms_per_request: Amount | None = None
    counters: dict[str, float] = {}
    window_s: Amount | None = None
    processes: list[Process] = []
    core_use: dict[str, Core] = {}
    workers: dict[str, Amount] = {}
    waits: dict[str, Wait] = {}
    database: dict[str, float] = {}
    statements: list[Statement] = []
    redis: dict[str, float] = {}
    limits: dict[str, Amount] = {}
    settled: Settled | None = None
    collector: Collector | None = None
    ledger_changes: list[Change] = []


def total(counters: Mapping[str, float], name: str) -> float:
    """The sum of one counter over all its labels."""
    return sum(value for key, value in counters.items() if key == name or key.startswith(f"{name}{{"))


def by_label(counters: Mapping[str, float], name: str, label: str) -> dict[str, float]:
    """One counter by the values of its only label."""
    start = f"{name}{{{label}="
    return {key[len(start) : -1]: value for key, value in counters.items() if key.startswith(start)}
