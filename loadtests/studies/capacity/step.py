"""One step: k6 against one combination at one rate, or with one number of concurrent visitors."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from loadtests.analysis.limit import NOT_THE_SERVICE, limit_of
from loadtests.analysis.void import bypasses, voided
from loadtests.runner.starts import Starts
from loadtests.schema.capacity import STRICT, Outcome, Pass, RouteLine, Step, Tolerance
from loadtests.schema.plan import Plan
from loadtests.schema.result import Result
from loadtests.schema.run import Ledger
from loadtests.studies.capacity.options import Objectives, Options, broken, written
from loadtests.targets.base import Target
from loadtests.targets.k6 import GeneratorFailed

# The other rules of the matrix are objectives here, or judged by the limit that was reached.
VOIDED_BY: Final = frozenset({"wrong combination", "changed ledger"})
# A service with a full core times out on Redis, so a step that fails is a failure all the same. A step that passes is
# void if this share of its requests may have bypassed the cache.
CACHE_BYPASSED: Final = frozenset({"cache bypassed"})
MAY_BYPASS: Final = 0.01


class Load(NamedTuple):
    """The load of a step: `rate` requests per second (open model), or `visitors` without pauses (closed loop).

    The load runs for `warm_up_s` before it is measured for `seconds`.
    """

    part: Pass
    seconds: float
    warm_up_s: float
    rate: int | None = None
    visitors: int | None = None
    mix: str = ""

    def variables(self, worst_latency: float) -> dict[str, str]:
        """The load as k6 reads it; an open model has VUs for rate x worst latency."""
        times = {"DURATION": f"{self.seconds:g}", "WARM_UP": f"{self.warm_up_s:g}"}
        if self.rate is None:
            load = {"VUS": str(self.visitors), "THINK": "0", "RATE": ""}
            return times | load | ({"MIX": self.mix} if self.mix else {})
        vus = max(20, math.ceil(self.rate * worst_latency))
        return times | {"RATE": str(self.rate), "VUS": str(vus), "THINK": ""}

    def step(self, number: int, **measured: Any) -> Step:
        return Step(number=number, part=self.part, rate_rps=self.rate, concurrency=self.visitors, **measured)


class Stepper:
    """Measures the steps of a run; each result is a file in `folder`.

    Services stay up between steps, so processes and cache are warm. Ledgers must not change during the run.
    """

    def __init__(
        self, target: Target, plan: Plan, folder: Path, options: Options, ledgers: Mapping[str, Ledger]
    ) -> None:
        self._target = target
        self._options = options
        self._ledgers = ledgers
        self._starts = Starts(target, plan, folder, target.versions().get("k6", ""))
        self._failed = False

    def take(self, name: str, number: int, load: Load) -> Step:
        """Raises GeneratorFailed when two consecutive steps have no result."""
        variables = load.variables(self._options.worst_latency) | {"LIMITS": written(self._options.objectives)}
        try:
            fresh = load.part == "warm-up"
            result = self._starts.measure_alone(name, number, self._ledgers, variables, fresh=fresh)
        except GeneratorFailed as error:
            if self._failed:
                raise
            self._failed = True
            void = [str(error)]
            return load.step(
                number, vus=load.visitors or 0, duration_s=load.seconds, outcome="void", reasons=void, void=void
            )
        self._failed = False
        return judged(result, number, load, self._options.objectives, self._options.tolerance)


def judged(result: Result, number: int, load: Load, objectives: Objectives, tolerance: Tolerance = STRICT) -> Step:
    """A step that failed because of k6 or other programs is void."""
    limit = limit_of(result)
    faults, void = broken(result, objectives if load.rate else {}, tolerance), voided(result, VOIDED_BY)
    (faults if faults else void).extend(_past_the_cache(result, bool(faults)))
    if limit.name in NOT_THE_SERVICE and (faults or load.rate is None):
        void.append(limit.sentence)
    outcome: Outcome = "void" if void else "broken" if faults else "held"
    return load.step(
        number,
        vus=result.vus,
        duration_s=result.duration_s,
        requests=result.requests,
        throughput_rps=result.throughput_rps,
        failed=result.failed + result.checks_failed,
        dropped=result.dropped_iterations,
        latency_ms=msgspec.to_builtins(result.latency_ms),
        routes=_routes(result, objectives),
        hit_ratio=result.cache.hit_ratio,
        cpu_cores=limit.cores_used,
        limit=limit.name,
        limit_sentence=limit.sentence,
        outcome=outcome,
        reasons=[*faults, *void],
        void=void,
    )


def _past_the_cache(result: Result, broke: bool) -> list[str]:
    counts = broke or bypasses(result) > MAY_BYPASS * result.requests
    return voided(result, CACHE_BYPASSED) if counts else []


def _routes(result: Result, objectives: Objectives) -> dict[str, RouteLine]:
    return {
        name: RouteLine(
            requests=route.requests,
            late=route.late,
            limit_ms=objectives.get(name),
            p50_ms=route.latency_ms.p50,
            p95_ms=route.latency_ms.p95,
            p99_ms=route.latency_ms.p99,
        )
        for name, route in result.routes.items()
    }
