"""The compared figures, over the mix and by route."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from loadtests.schema.result import Result

Figure: TypeAlias = Callable[[Result], float | None]
Values: TypeAlias = Mapping[str, float | None]

TEN: Final = 10
MISSING: Final = "-"
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
    """Without CPU time, which is unknown by route because routes share a process."""
    return {
        **{f"latency_{name}": _route_latency(route, name) for name in LATENCIES},
        "throughput": lambda result: (
            result.routes[route].requests / result.duration_s if route in result.routes else None
        ),
    }


def _route_latency(route: str, name: str) -> Figure:
    return lambda result: getattr(result.routes[route].latency_ms, name) if route in result.routes else None


def values_of(rounds: Sequence[Mapping[str, Result]], figures: Mapping[str, Figure]) -> list[dict[str, Values]]:
    """The figures of each combination in each round."""
    return [
        {name: {metric: figure(result) for metric, figure in figures.items()} for name, result in cells.items()}
        for cells in rounds
    ]


def route_names(rounds: Sequence[Mapping[str, Result]]) -> list[str]:
    return list(dict.fromkeys(route for cells in rounds for result in cells.values() for route in result.routes))


def digits(value: float | None) -> str:
    """Three significant digits, with thousands separators; a dash without a figure."""
    if value is None:
        return MISSING
    size = abs(value)
    places = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 or size == 0 else 3
    return f"{value:,.{places}f}"


def times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < TEN else digits(ratio)
