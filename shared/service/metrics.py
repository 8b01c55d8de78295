"""Prometheus metrics of a service, summed over its workers."""

from functools import cache, partial
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Summary,
    generate_latest,
    multiprocess,
)

from shared.http.answer import Answer

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CACHE_EVENTS: Final = ("hit", "miss", "stale", "joined", "bypass", "dropped", "refused")
# made: refreshed here; elsewhere: another worker did; left_out: the pool or another refresh was busy.
REFRESH_OUTCOMES: Final = ("made", "elsewhere", "left_out", "failed")


class Metrics:
    """The metrics of one worker.

    prometheus_client keeps them in files in PROMETHEUS_MULTIPROC_DIR, which has to be set before it is imported.
    """

    def __init__(self) -> None:
        own = CollectorRegistry()
        counter, summary = partial(Counter, registry=own), partial(Summary, registry=own)
        histogram = partial(Histogram, buckets=SECONDS, registry=own)
        gauge = partial(Gauge, multiprocess_mode="livesum", registry=own)
        events = counter("cache_events", "What the cache did.", ["event"])
        outcomes = counter("cache_refreshes", "Values made again before their end.", ["outcome"])
        requests = counter("http_requests", "Requests answered.", ["route", "status"])
        latency = histogram("http_request_seconds", "From the handler's start to its end.", ["route"])
        # `labels` takes a lock and makes strings of its values: ask it once for each.
        self._requests, self._latency = cache(requests.labels), cache(latency.labels)
        self._worker = gauge("http_worker_requests", "Requests answered by each worker.", multiprocess_mode="all")
        self._facts = gauge("service_trait", "Workers that are made so.", ["entry", "value"])
        self._cache_events = {event: events.labels(event) for event in CACHE_EVENTS}
        self._refreshes = {outcome: outcomes.labels(outcome) for outcome in REFRESH_OUTCOMES}
        self.queue = summary("http_queue_seconds", "Wait for one of the places in which a worker handles requests.")
        self.lag = summary("worker_lag_seconds", "How late a worker is to do what is due.")
        self.breaker_opened = counter("cache_breaker_opened", "Times that a worker stopped asking Redis.")
        self.breaker_open = gauge("cache_breaker_open", "Workers that do not ask Redis now.")
        self.owed_drops = gauge("cache_owed_drops", "Groups whose drop failed and is owed.")
        self.late_drops = counter("cache_late_drops", "Owed drops made up for, in commands.")
        self.pool_wait = histogram("pool_wait_seconds", "Wait for a database connection.")
        self.pool_held = counter("pool_held_seconds", "Time that database connections were at work.")
        self.pool_in_use = gauge("pool_in_use", "Database connections at work.")
        self.opened = counter("pool_opened", "Database connections opened.")
        self.refused = counter("pool_refused", "Requests that found no free connection in time.")
        self.retried = counter("database_tried_again", "Reads and transactions repeated on a fresh connection.")

    def request(self, route: str, status: int, seconds: float) -> None:
        self._requests(route, status).inc()
        self._latency(route).observe(seconds)
        self._worker.inc()

    def cache(self, event: str) -> None:
        """`event` is one of CACHE_EVENTS."""
        self._cache_events[event].inc()

    def refresh(self, outcome: str) -> None:
        """`outcome` is one of REFRESH_OUTCOMES."""
        self._refreshes[outcome].inc()

    def fact(self, name: str, value: object) -> None:
        """Publish a runtime fact as a label, see shared/service/runtime_facts.py."""
        self._facts.labels(name, str(value)).set(1)


def answer() -> Answer:
    """The metrics of all workers in Prometheus' text format."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Answer(200, generate_latest(registry), (), CONTENT_TYPE_LATEST)


def worker_ended(pid: int) -> None:
    """Remove the live gauges of a dead worker."""
    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]
