"""The figures in which combinations are compared, over the mix and by route."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final, TypeAlias

from loadtests.schema.result import Result

Figure: TypeAlias = Callable[[Result], float | None]

LATENCIES: Final = ("avg", "p50", "p95", "p99")
MORE_IS_BETTER: Final = frozenset({"throughput"})


def service_cpu(result: Result) -> float | None:
    return result.server.service_cpu_ms_per_request if result.server else None


def _latency(name: str) -> Figure:
    return lambda result: getattr(result.latency_ms, name)


FIGURES: Final[dict[str, Figure]] = {
    **{f"latency_{name}": _latency(name) for name in LATENCIES},
    "throughput": lambda result: result.throughput_rps,
    "service_cpu": service_cpu,
}


def route_figures(route: str) -> dict[str, Figure]:
    """Without CPU time, which is not known by route since routes share a process."""
    return {
        **{f"latency_{name}": _route_latency(route, name) for name in LATENCIES},
        "throughput": lambda result: (
            result.routes[route].requests / result.duration_s if route in result.routes else None
        ),
    }


def _route_latency(route: str, name: str) -> Figure:
    return lambda result: getattr(result.routes[route].latency_ms, name) if route in result.routes else None


Line: TypeAlias = dict[str, Any]

SHOWN: Final[dict[str, Figure]] = {
    "requests": lambda result: result.requests,
    "throughput_rps": lambda result: result.throughput_rps,
    "ceiling_rps": lambda result: result.ceiling_rps,
    "latency_max": lambda result: result.latency_ms.max,
    "failed": lambda result: result.failed,
    "checks_failed": lambda result: result.checks_failed,
    "hit_ratio": lambda result: result.cache.hit_ratio,
    **FIGURES,
}


def middle(values: Sequence[float | None]) -> float | None:
    """The median, null when any round lacks the figure."""
    known = [value for value in values if value is not None]
    return median(known) if known and len(known) == len(values) else None


def lines(rounds: Mapping[int, Mapping[str, Result]], counting: Sequence[Mapping[str, Result]]) -> dict[str, Line]:
    """The figures of each combination over the cells that count, and the same by route."""
    names = dict.fromkeys(name for cells in rounds.values() for name in cells)
    return {name: _line([cells[name] for cells in counting if name in cells], len(rounds)) for name in names}


def route_names(rounds: Sequence[Mapping[str, Result]]) -> list[str]:
    return list(dict.fromkeys(route for cells in rounds for result in cells.values() for route in result.routes))


def _line(results: Sequence[Result], measured: int) -> Line:
    routes = {route: _medians(results, route_figures(route)) for route in route_names([{"": one} for one in results])}
    return {
        "rounds": len(results),
        "rounds_void": measured - len(results),
        **_medians(results, SHOWN),
        "routes": routes,
    }


def _medians(results: Sequence[Result], figures: Mapping[str, Figure]) -> dict[str, float | None]:
    return {name: middle([figure(result) for result in results]) for name, figure in figures.items()}
