"""The head to head in a result file: the turns of one service, by phase and batch."""

from typing import Annotated, Final, TypeAlias

import msgspec

from loadtests.schema.server import Amount, Count

BATCHES: Final = 10

Positive: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds; null if there were too few requests."""

    avg: Amount | None
    min: Amount | None
    p50: Amount | None
    p90: Amount | None
    p95: Amount | None
    p99: Amount | None
    max: Amount | None


class BatchLatency(msgspec.Struct, frozen=True):
    """Milliseconds; null without answers."""

    avg: Amount | None
    p50: Amount | None
    p95: Amount | None


class Batch(msgspec.Struct, frozen=True):
    """A tenth of a phase. `void` is the reason why it does not count for any service.

    `contrast` is the service's log latency minus the mean over the services: Huber's mean over the rounds of each
    visitor, averaged over visitors. `service_cpu_ms` is per request, null if not captured.
    """

    batch: Count
    requests: Count
    failed: Count
    overlapping: Count
    void: str | None
    latency_ms: BatchLatency
    contrast: float | None
    hit_ratio: Amount | None = None
    service_cpu_ms: Amount | None = None


class Phase(msgspec.Struct, frozen=True):
    """A whole phase. Visitors wait for nothing but their answers, so throughput is visitors / mean latency (Little).

    With one visitor throughput is null: requests that never wait for another have a latency only. `turn_ms` is the
    length of the service's turns, null if they lasted as long as their answers. CPU milliseconds are per request, null
    if not captured: the service, the database threads that work for it, its share of Redis.
    """

    route: str
    visitors: Annotated[int, msgspec.Meta(ge=1)]
    requests: Count
    latency_ms: Latency
    throughput_rps: Amount | None = None
    turn_ms: Positive | None = None
    service_cpu_ms: Amount | None = None
    database_cpu_ms: Amount | None = None
    cache_cpu_ms: Amount | None = None
