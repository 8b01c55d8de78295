"""The shape of capacity.json, version 1; docs/studies.md explains the figures."""

from typing import Any, Final, Literal, TypeAlias

import msgspec

Outcome: TypeAlias = Literal["held", "broken", "void"]
Pass: TypeAlias = Literal["warm-up", "search", "confirm", "concurrency"]


class Estimate(msgspec.Struct, frozen=True):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


class Fit(msgspec.Struct, frozen=True):
    """The law's parameters, or the reason for having none in `refused`. `peak_at` is null if no decline was shown."""

    refused: str | None = None
    parameters: dict[str, Estimate] = {}
    peak_at: float | None = None
    relative_error: float | None = None
    fitted: dict[int, float] = {}


class Prediction(msgspec.Struct, frozen=True):
    """The law's throughput at a concurrency that was not fitted, and the measured one."""

    concurrency: int
    predicted_rps: float
    low: float
    high: float
    measured_rps: float
    error: float
    inside: bool


class Tolerance(msgspec.Struct, frozen=True):
    """The share of requests that may fail, and the share of due requests that may be dropped."""

    failed: float = 0.0
    dropped: float = 0.0

    def __str__(self) -> str:
        failed = f"failed at most {self.failed:.3g}" if self.failed else "no failure"
        return f"{failed}, {f'dropped at most {self.dropped:.3g}' if self.dropped else 'none dropped'}"


STRICT: Final[Tolerance] = Tolerance()


class RouteLine(msgspec.Struct, frozen=True):
    """One route in one step. `late` counts answers over `limit_ms`; percentiles are null for too few requests."""

    requests: int
    late: int
    limit_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One load on one combination. `rate_rps` is null in the closed loop, which has `concurrency` visitors.

    `reasons` holds broken objectives and the reasons in `void`. Defaults are those of a step without a result.
    """

    number: int
    part: Pass
    rate_rps: int | None
    concurrency: int | None
    vus: int
    duration_s: float
    requests: int = 0
    throughput_rps: float = 0.0
    failed: int = 0
    dropped: int = 0
    latency_ms: dict[str, float | None] = {}
    routes: dict[str, RouteLine] = {}
    hit_ratio: float | None = None
    cpu_cores: dict[str, float] = {}
    limit: str | None = None
    limit_sentence: str = "not known: nothing was measured"
    outcome: Outcome
    reasons: list[str] = []
    void: list[str] = []


class Cost(msgspec.Struct, frozen=True):
    """Cost of requests at the confirmed rate, without k6; null if the server's side was not captured.

    `cores_per_1000_rps` is the CPU of 1,000 requests per second, by program. `service_cores_to_provide` is the number
    of service cores they need here to meet the objectives, from the confirmed rate.
    """

    rps_per_service_core: float | None
    rps_per_core_in_all: float | None
    cores_per_1000_rps: dict[str, float]
    service_cores_to_provide: float | None


class Capacity(msgspec.Struct, frozen=True):
    """One combination. `rate_rps` is the highest rate that passed twice, null if none did."""

    combination: str
    rate_rps: int | None
    confirmed: bool
    broke_at_rps: int | None
    limited_by: str
    generator_limited: bool
    cost: Cost | None
    usl: Fit | None
    predictions: list[Prediction]
    steps: list[Step]

    @property
    def at_least(self) -> bool:
        """Whether the rate is only a lower bound: the next higher rate that did not pass is void, not broken."""
        if self.rate_rps is None:
            return False
        failed = [step for step in self.steps if step.part != "warm-up" and step.outcome != "held"]
        above = [step for step in failed if step.rate_rps and step.rate_rps > self.rate_rps]
        lowest = min((step.rate_rps or 0 for step in above), default=0)
        return not any(step.outcome == "broken" for step in above if step.rate_rps == lowest)


class Document(msgspec.Struct, frozen=True):
    """A capacity run; `complete` is false while steps are missing."""

    schema: Literal[1]
    kind: Literal["capacity"]
    started_at: str
    command: str
    complete: bool
    objectives_ms: dict[str, float]
    mix: dict[str, float]
    law_mix: str
    resolution: float
    step_s: float
    combinations: list[Capacity]
    run: dict[str, Any]
    tolerance: Tolerance = STRICT
