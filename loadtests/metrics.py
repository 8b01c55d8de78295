"""The figures in which combinations are compared, each taken so that more is better."""

from collections.abc import Callable
from typing import Final, TypeAlias

from loadtests.results_schema import Result

Figure: TypeAlias = Callable[[Result], float | None]


def service_cpu(result: Result) -> float | None:
    """Gives the service's CPU milliseconds per request, null when they were not captured."""
    return result.server.service_cpu_ms_per_request if result.server else None


FIGURES: Final[dict[str, Figure]] = {
    "latency_avg": lambda result: result.latency_ms.avg,
    "latency_p50": lambda result: result.latency_ms.p50,
    "latency_p95": lambda result: result.latency_ms.p95,
    "latency_p99": lambda result: result.latency_ms.p99,
    "throughput": lambda result: result.throughput_rps,
    "service_cpu": service_cpu,
}
MORE_IS_BETTER: Final = frozenset({"throughput"})
