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

    prometheus_client stores them in files in PROMETHEUS_MULTIPROC_DIR, which must be set before its import.
    """

    def __init__(self) -> None:
        own = CollectorRegistry()
        counter, summary = partial(Counter, registry=own), partial(Summary, registry=own)
        histogram = partial(Histogram, buckets=SECONDS, registry=own)
        gauge = partial(Gauge, multiprocess_mode="livesum", registry=own)
        events = counter("cache_events", "Cache events of reads and writes.", ["event"])
        outcomes = counter("cache_refreshes", "Values refreshed before they expire.", ["outcome"])
        requests = counter("http_requests", "Requests answered.", ["route", "status"])
        latency = histogram("http_request_seconds", "Duration of handlers.", ["route"])
        # `labels` takes a lock and converts its values to strings: call it once for each.
        self._requests, self._latency = cache(requests.labels), cache(latency.labels)
        self._worker = gauge("http_worker_requests", "Requests answered by each worker.", multiprocess_mode="all")
        self._facts = gauge("service_trait", "Workers with this property.", ["entry", "value"])
        self._cache_events = {event: events.labels(event) for event in CACHE_EVENTS}
        self._refreshes = {outcome: outcomes.labels(outcome) for outcome in REFRESH_OUTCOMES}
        self.queue = summary("http_queue_seconds", "Wait for one of a worker's IN_FLIGHT places.")
        self.lag = summary("worker_lag_seconds", "Scheduling lag of a worker.")
        self.breaker_opened = counter("cache_breaker_opened", "Times that a worker's circuit breaker opened.")
        self.breaker_open = gauge("cache_breaker_open", "Workers whose circuit breaker is open.")
        self.owed_drops = gauge("cache_owed_drops", "Groups with an owed invalidation.")
        self.late_drops = counter("cache_late_drops", "Commands that sent owed invalidations.")
        self.pool_wait = histogram("pool_wait_seconds", "Wait for a database connection.")
        self.pool_held = counter("pool_held_seconds", "Time that database connections were in use.")
        self.pool_in_use = gauge("pool_in_use", "Database connections in use.")
        self.opened = counter("pool_opened", "Database connections opened.")
        self.refused = counter("pool_refused", "Requests that found no free connection in time.")
        self.retried = counter("database_tried_again", "Reads and transactions retried on another connection.")

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
