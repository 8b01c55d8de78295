"""The service's own figures, in Prometheus' text format, summed over all workers of a service."""

import os
import shutil
import tempfile
from typing import Final

# prometheus_client chooses between one process and many when it is imported, by this variable alone.
GIVEN: Final = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
DIRECTORY: Final = GIVEN or tempfile.mkdtemp(prefix="metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = DIRECTORY
MAKER: Final = os.getpid()

from prometheus_client import (  # noqa: E402
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Summary,
    generate_latest,
    multiprocess,
    values,
)

from shared.http.answer import Answer  # noqa: E402

# Every write asks which process it is in, seven times a request, and the answer of the system would cost more than the
# write itself.
_process = {"id": MAKER}
os.register_at_fork(after_in_child=lambda: _process.update(id=os.getpid()))
values.ValueClass = values.MultiProcessValue(lambda: _process["id"])  # type: ignore[no-untyped-call]

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CACHE_EVENTS: Final = ("hit", "miss", "stale", "joined", "bypass", "dropped", "refused")
# Made again; made meanwhile by another worker; left out because the pool or another refresh was busy; failed.
REFRESH_OUTCOMES: Final = ("made", "elsewhere", "left_out", "failed")

REQUESTS = Counter("http_requests", "Requests answered.", ["route", "status"])
LATENCY = Histogram("http_request_seconds", "From the handler's start to its end.", ["route"], buckets=SECONDS)
WORKER = Gauge("http_worker_requests", "Requests answered by each worker.", multiprocess_mode="all")
CACHE = Counter("cache_events", "What the cache did.", ["event"])
REFRESHES = Counter("cache_refreshes", "Values made again before their end.", ["outcome"])
BREAKER_OPENED = Counter("cache_breaker_opened", "Times that a worker stopped asking Redis.")
BREAKER_OPEN = Gauge("cache_breaker_open", "Workers that do not ask Redis now.", multiprocess_mode="livesum")
OWED_DROPS = Gauge("cache_owed_drops", "Groups whose drop failed and is owed.", multiprocess_mode="livesum")
LATE_DROPS = Counter("cache_late_drops", "Owed drops made up for, in commands.")
POOL_WAIT = Histogram("pool_wait_seconds", "Wait for a database connection.", buckets=SECONDS)
POOL_HELD = Counter("pool_held_seconds", "Time that database connections were at work.")
POOL_IN_USE = Gauge("pool_in_use", "Database connections at work.", multiprocess_mode="livesum")
OPENED = Counter("pool_opened", "Database connections opened.")
REFUSED = Counter("pool_refused", "Requests that found no free connection in time.")
TRIED_AGAIN = Counter("database_tried_again", "Reads and transactions repeated on a fresh connection.")
QUEUE = Summary("http_queue_seconds", "Wait for one of the places in which a worker handles requests.")
LAG = Summary("worker_lag_seconds", "How late a worker is to do what is due.")
TRAITS = Gauge("service_trait", "Workers that are made so.", ["entry", "value"], multiprocess_mode="livesum")

_cache_events = {event: CACHE.labels(event) for event in CACHE_EVENTS}
_refreshes = {outcome: REFRESHES.labels(outcome) for outcome in REFRESH_OUTCOMES}
_latencies: dict[str, Histogram] = {}
_requests: dict[tuple[str, int], Counter] = {}


def request(route: str, status: int, seconds: float) -> None:
    """Counts one request of a route."""
    counter = _requests.get((route, status))
    if counter is None:
        counter = _requests[route, status] = REQUESTS.labels(route, str(status))
    histogram = _latencies.get(route)
    if histogram is None:
        histogram = _latencies[route] = LATENCY.labels(route)
    counter.inc()
    histogram.observe(seconds)
    WORKER.inc()


def cache(event: str) -> None:
    """Counts one of CACHE_EVENTS."""
    _cache_events[event].inc()


def trait(entry: str, value: object) -> None:
    """Says what this worker is made of, see shared/service/runtime_facts.py."""
    TRAITS.labels(entry, str(value)).set(1)


def refresh(outcome: str) -> None:
    """Counts one of REFRESH_OUTCOMES."""
    _refreshes[outcome].inc()


def answer() -> Answer:
    """Gives the figures of all workers."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=DIRECTORY)  # type: ignore[no-untyped-call]
    return Answer(200, generate_latest(registry), (), CONTENT_TYPE_LATEST)


def worker_ended(pid: int) -> None:
    """Takes the live figures of a worker that is gone out of the sums."""
    multiprocess.mark_process_dead(pid, path=DIRECTORY)  # type: ignore[no-untyped-call]


def remove_files() -> None:
    """Removes the files behind the figures, in the process that made their folder and in no forked worker."""
    if GIVEN is None and os.getpid() == MAKER:
        shutil.rmtree(DIRECTORY, ignore_errors=True)
