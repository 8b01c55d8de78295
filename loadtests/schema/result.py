"""The shape of a result file, version 1: one combination, measured once under one load."""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from loadtests.schema.server import Amount, Count, Server
from loadtests.schema.turns import Batch, Latency, Phase

VERSION: Final = 1

Duration: TypeAlias = Annotated[float, msgspec.Meta(gt=0)]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]


class SliceLatency(msgspec.Struct, frozen=True):
    """Milliseconds over one slice; null where there were too few requests to say."""

    avg: Amount | None
    p50: Amount | None
    p95: Amount | None
    max: Amount | None


class Slice(msgspec.Struct, frozen=True):
    """The requests that started in one part of the measured time; seconds are counted from its beginning."""

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
    """How many answers the cache gave, by its own label."""

    hit: Count = 0
    miss: Count = 0
    stale: Count = 0
    bypass: Count = 0
    off: Count = 0

    @property
    def hit_ratio(self) -> float | None:
        """The share of answers out of the cache, null where no cache took part."""
        asked = self.hit + self.miss + self.stale + self.bypass
        return (self.hit + self.stale) / asked if asked else None


class K6(msgspec.Struct, frozen=True):
    version: str | None = None


class Varies(msgspec.Struct, frozen=True, omit_defaults=True):
    """What tells a combination from others; null is the server, driver, Python or code that the stack has by itself."""

    stack: str
    cache: bool
    server: str | None = None
    driver: str | None = None
    python: str | None = None
    code: str | None = None

    @property
    def variant(self) -> str:
        """What is not the stack's own, empty where all is."""
        python = self.python and f"Python {self.python}"
        return " and ".join(filter(None, (self.server, self.driver, python, self.code)))


class Result(msgspec.Struct, frozen=True):
    """One combination in one start: under its load, and in its turns."""

    schema: Literal[1]
    combination: Name
    profile: Name
    round: Annotated[int, msgspec.Meta(ge=1)]
    started_at: Name
    # 0 where the services were measured in turns only.
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
    # How many checks there were, of a summary of k6: they are no answers, and may be more than requests.
    checks: Count | None = None
    short_stock: Count = 0
    rate_rps: Amount | None = None
    varies: Varies | None = None
    warm_up_s: Amount = 0.0
    # Of the file of the user's own routes; null for ours.
    routes_sha256: str | None = None
    # The share of requests for a page that were to find it cached; null where the load asks for no such page.
    hit_ratio_asked: Amount | None = None
    injected: list[str] = []
    # The curve over the whole mix by p1 to p99.9; a percentile with fewer than ten requests beyond it is null.
    percentiles: dict[str, Amount | None] = {}
    # The same curve without that care, with its ends as "0" and "100": several starts are pooled by it.
    quantiles: dict[str, Amount | None] = {}
    timeline: list[Slice] = []
    # The head to head, by phase, and how often each of its routes counts in the mix.
    turns: dict[str, list[Batch]] = {}
    head_to_head: dict[str, Phase] = {}
    weights: dict[str, Amount] = {}
    starts: Annotated[int, msgspec.Meta(ge=1)] = 1
    # How many k6 shared the load, how far apart they began, and which of them was late.
    generators: Annotated[int, msgspec.Meta(ge=1)] = 1
    start_skew_s: Amount = 0.0
    held_back: list[str] = []
    # Seconds of all that k6 did in this start.
    measured_s: Amount | None = None
    # Of which run it is; k6 alone knows its id only.
    run_id: str | None = None
    host: dict[str, Any] = {}
    commit: str | None = None
    versions: dict[str, str] = {}
    # Of the combination's entries in run.json.
    ledger_sha256: str | None = None

    @property
    def ceiling_rps(self) -> float | None:
        """The highest throughput of these visitors at this latency; null where their think time is unknown."""
        if self.think == "unknown":
            return None
        cycle = self.think_time_s + (self.latency_ms.avg or 0.0) / 1000
        return self.vus / cycle if cycle else None
