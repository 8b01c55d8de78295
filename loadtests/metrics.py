"""The figures in which combinations are compared, over the mix and by route."""

from collections.abc import Callable
from typing import Final, TypeAlias

from loadtests.results_schema import Result

Figure: TypeAlias = Callable[[Result], float | None]

LATENCIES: Final = ("avg", "p50", "p95", "p99")
MORE_IS_BETTER: Final = frozenset({"throughput"})


def service_cpu(result: Result) -> float | None:
    """Gives the service's CPU milliseconds per request, null when they were not captured."""
    return result.server.service_cpu_ms_per_request if result.server else None


def _latency(name: str) -> Figure:
    return lambda result: getattr(result.latency_ms, name)


FIGURES: Final[dict[str, Figure]] = {
    **{f"latency_{name}": _latency(name) for name in LATENCIES},
    "throughput": lambda result: result.throughput_rps,
    "service_cpu": service_cpu,
}


def route_figures(route: str) -> dict[str, Figure]:
    """Gives the figures of one route; its CPU time is not known, since routes share a process."""
    return {
        **{f"latency_{name}": _route_latency(route, name) for name in LATENCIES},
        "throughput": lambda result: (
            result.routes[route].requests / result.duration_s if route in result.routes else None
        ),
    }


def _route_latency(route: str, name: str) -> Figure:
    return lambda result: getattr(result.routes[route].latency_ms, name) if route in result.routes else None
