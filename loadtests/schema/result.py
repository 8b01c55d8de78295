"""The shape of a result file, version 1: one combination in one start."""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from loadtests.schema.server import Amount, Count, Server
from loadtests.schema.turns import Batch, Latency, Phase

VERSION: Final = 1

Duration: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]


class SliceLatency(msgspec.Struct, frozen=True):
    """Milliseconds over one slice; null if there were too few requests."""

    avg: Amount | None
    p50: Amount | None
    p95: Amount | None
    max: Amount | None


class Slice(msgspec.Struct, frozen=True):
    """The requests that started in one part of the measured time; seconds are since its beginning."""

    start_s: Amount
    duration_s: Duration
    requests: Count
    failed: Count
    latency_ms: SliceLatency


class Route(msgspec.Struct, frozen=True):
    requests: Count
    failed: Count
    latency_ms: Latency
    checks_failed: Count = 0
    late: Count = 0


class Cache(msgspec.Struct, frozen=True):
    """Answers by the cache's label (X-Cache)."""

    hit: Count = 0
    miss: Count = 0
    stale: Count = 0
    bypass: Count = 0
    off: Count = 0

    @property
    def hit_ratio(self) -> float | None:
        """The share of answers from the cache, null without a cache."""
        asked = self.hit + self.miss + self.stale + self.bypass
        return (self.hit + self.stale) / asked if asked else None


class K6(msgspec.Struct, frozen=True):
    version: str | None = None


class Varies(msgspec.Struct, frozen=True, omit_defaults=True):
    """What distinguishes a combination; null is the stack's default server, driver, Python or code."""

    stack: str
    cache: bool
    server: str | None = None
    driver: str | None = None
    python: str | None = None
    code: str | None = None

    @property
    def variant(self) -> str:
        """What differs from the stack's defaults, empty if nothing does."""
        python = self.python and f"Python {self.python}"
        return " and ".join(filter(None, (self.server, self.driver, python, self.code)))


class Result(msgspec.Struct, frozen=True):
    """One combination in one start: its load and its turns."""

    schema: Literal[1]
    combination: Name
    profile: Name
    round: Annotated[int, msgspec.Meta(ge=1)]
    started_at: Name
    # 0 if the services were measured in turns only.
    duration_s: Amount
    vus: Annotated[int, msgspec.Meta(ge=1)]
    think_time_s: Amount
    requests: Count
    failed: Count
    checks_failed: Count
    dropped_iterations: Count
    throughput_rps: Amount
    latency_ms: Latency
    routes: dict[str, Route]
    cache: Cache
    server: Server | None = None
    k6: K6 = K6()
    think: Literal["uniform", "fixed", "unknown"] = "uniform"
    mix: dict[str, float] = {}
    failures: dict[str, Count] = {}
    # Checks in a k6 summary: they are not answers, and there may be more of them than requests.
    checks: Count | None = None
    short_stock: Count = 0
    rate_rps: Amount | None = None
    varies: Varies | None = None
    warm_up_s: Amount = 0.0
    # Of the user's file of routes; null for our routes.
    routes_sha256: str | None = None
    # The intended hit ratio of `page` requests; null if the load has none.
    hit_ratio_asked: Amount | None = None
    injected: list[str] = []
    # Percentiles p1 to p99.9 over the whole mix; null with fewer than ten requests beyond.
    percentiles: dict[str, Amount | None] = {}
    # The same without that limit, from "0" to "100", for pooling several starts.
    quantiles: dict[str, Amount | None] = {}
    timeline: list[Slice] = []
    # The head to head by phase, and the weight of each of its routes in the mix.
    turns: dict[str, list[Batch]] = {}
    head_to_head: dict[str, Phase] = {}
    weights: dict[str, Amount] = {}
    starts: Annotated[int, msgspec.Meta(ge=1)] = 1
    # How many k6 processes shared the load, how far apart they began, and which one was late.
    generators: Annotated[int, msgspec.Meta(ge=1)] = 1
    start_skew_s: Amount = 0.0
    held_back: list[str] = []
    # Duration of k6 in this start, in seconds.
    measured_s: Amount | None = None
    # The run that it belongs to; k6 alone knows only its id.
    run_id: str | None = None
    host: dict[str, Any] = {}
    commit: str | None = None
    versions: dict[str, str] = {}
    # Of the combination's ledger in run.json.
    ledger_sha256: str | None = None

    @property
    def ceiling_rps(self) -> float | None:
        """The highest throughput of these visitors at this latency; null if their think time is unknown."""
        if self.think == "unknown":
            return None
        cycle = self.think_time_s + (self.latency_ms.avg or 0.0) / 1000
        return self.vus / cycle if cycle else None
