"""The load of each combination over all starts: requests are added up, percentiles are over all requests."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from msgspec.structs import replace

from loadtests.analysis.batches import Cells
from loadtests.analysis.effects import Samples
from loadtests.analysis.figures import Figure, service_cpu, values_of
from loadtests.analysis.head_to_head import BETWEEN_STARTS
from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.schema.result import Result, Route, Slice
from loadtests.schema.turns import Latency

Line: TypeAlias = dict[str, Any]
Results: TypeAlias = Sequence[Result]

# Requests that a percentile needs; percentiles of k6's own summaries are always shown.
ENOUGH: Final = {"p50": 1, "p95": 200, "p99": 1000}


def lines(rounds: Mapping[int, Mapping[str, Result]], counting: Sequence[Mapping[str, Result]]) -> dict[str, Line]:
    """The figures of each combination over the valid starts, in total and by route."""
    names = dict.fromkeys(name for cells in rounds.values() for name in cells)
    return {name: _line([cells[name] for cells in counting if name in cells], len(rounds)) for name in names}


# Places of a curve for results without a whole one, and the requests needed beyond a place.
PLACES: Final = ("p50", "p90", "p95", "p99")
BEYOND: Final = 10


def curves(counting: Sequence[Mapping[str, Result]]) -> dict[str, dict[str, float | None]]:
    """Percentiles over the valid starts, by combination; null if too few requests are beyond."""
    names = dict.fromkeys(name for cells in counting for name in cells)
    return {name: _whole_curve([cells[name] for cells in counting if name in cells]) for name in names}


def _whole_curve(results: Results) -> dict[str, float | None]:
    asked = [curve for result in results if (curve := _curve(result))[2]]
    requests, beyond = sum(count for count, _, _ in asked), 0 if _of_k6(results) else BEYOND
    shares = {name: float(name[1:]) / 100 for name in results[0].percentiles or PLACES}
    return {
        name: _percentile(asked, share) if requests * (1 - share) >= beyond else None for name, share in shares.items()
    }


def _of_k6(results: Results) -> bool:
    return bool(results) and results[0].profile == SUMMARY


def _line(results: Results, measured: int) -> Line:
    routes = dict.fromkeys(route for result in results for route in result.routes)
    return {
        "rounds": len(results),
        "rounds_void": measured - len(results),
        **{name: figure(results) if results else None for name, figure in WHOLE.items()},
        **_latencies(results),
        "routes": {name: _of_route(results, name) for name in routes},
    }


def _of_route(results: Results, name: str) -> Line:
    measured = [result for result in results if name in result.routes]
    requests = sum(result.routes[name].requests for result in measured)
    latencies = _pool([_curve_of(result.routes[name]) for result in measured], ENOUGH)
    seconds = sum(result.duration_s for result in measured)
    return {**latencies, "throughput": requests / seconds if seconds else None}


def _latencies(results: Results) -> Line:
    named = dict.fromkeys([*ENOUGH, *(name for result in results for name in result.percentiles)], 0)
    return _pool([_curve(result) for result in results], named if _of_k6(results) else ENOUGH)


Curve: TypeAlias = tuple[int, float | None, dict[float, float]]


def _curve(result: Result) -> Curve:
    """Requests, the average, and the latency in milliseconds by percentile."""
    known = {float(place) / 100: value for place, value in result.quantiles.items() if value is not None}
    return result.requests, result.latency_ms.avg, known or _places(result.latency_ms)


def _curve_of(route: Route) -> Curve:
    return route.requests, route.latency_ms.avg, _places(route.latency_ms)


def _places(latency: Latency) -> dict[float, float]:
    named = {0.0: latency.min, 0.5: latency.p50, 0.9: latency.p90, 0.95: latency.p95, 0.99: latency.p99}
    return {share: value for share, value in {**named, 1.0: latency.max}.items() if value is not None}


def _pool(curves: Sequence[Curve], enough: Mapping[str, int]) -> Line:
    asked = [curve for curve in curves if curve[0] and (curve[1] is not None or curve[2])]
    requests = sum(count for count, _, _ in asked)
    means = [count * mean for count, mean, _ in asked if mean is not None]
    average = sum(means) / requests if requests and len(means) == len(asked) else None
    percentiles = {
        f"latency_{name}": _percentile(asked, float(name[1:]) / 100) if requests >= least else None
        for name, least in enough.items()
    }
    return {"latency_avg": average, **percentiles}


def _percentile(curves: Sequence[Curve], share: float) -> float | None:
    """The percentile of all requests: where the mixture of the starts' distributions reaches a share.

    Distributions are interpolated linearly between known places. Null if a start lacks the places for it.
    """
    if any(share not in known for _, _, known in curves):
        return None
    if len(curves) == 1:
        return curves[0][2][share]
    total = sum(count for count, _, _ in curves)
    values = np.unique([value for _, _, known in curves for value in known.values()])
    reached = np.zeros_like(values)
    for count, _, known in curves:
        shares, at = zip(*sorted(known.items()), strict=True)
        reached += count / total * np.interp(values, at, shares, left=0.0, right=1.0)
    return float(np.interp(share, reached, values))


def _sum(count: Callable[[Result], int]) -> Callable[[Results], float]:
    return lambda results: sum(map(count, results))


def _throughput(results: Results) -> float | None:
    seconds = sum(result.duration_s for result in results)
    return sum(result.requests for result in results) / seconds if seconds else None


def _ceiling(results: Results) -> float | None:
    """From the pooled average latency."""
    first, average = results[0], _latencies(results)["latency_avg"]
    cycle = first.think_time_s + (average or 0.0) / 1000
    return first.vus / cycle if cycle and first.think != "unknown" else None


def _slowest(results: Results) -> float | None:
    return max((result.latency_ms.max for result in results if result.latency_ms.max is not None), default=None)


def _error_rate(results: Results) -> float | None:
    """A failed check of k6's own summaries is no failed answer."""
    requests = sum(result.requests for result in results)
    wrong = sum(result.checks_failed for result in results if result.checks is None)
    return (sum(result.failed for result in results) + wrong) / requests if requests else None


def _hit_ratio(results: Results) -> float | None:
    asked = [(ratio, _answers(result)) for result in results if (ratio := result.cache.hit_ratio) is not None]
    whole = sum(count for _, count in asked)
    return sum(ratio * count for ratio, count in asked) / whole if whole else None


def _answers(result: Result) -> int:
    cache = result.cache
    return cache.hit + cache.miss + cache.stale + cache.bypass


def _cpu(results: Results) -> float | None:
    spent = [each * result.requests for result in results if (each := service_cpu(result)) is not None]
    requests = sum(result.requests for result in results)
    return sum(spent) / requests if requests and len(spent) == len(results) else None


WHOLE: Final[Mapping[str, Callable[[Results], float | None]]] = {
    "requests": _sum(lambda result: result.requests),
    "throughput_rps": _throughput,
    "ceiling_rps": _ceiling,
    "latency_max": _slowest,
    "failed": _sum(lambda result: result.failed),
    "checks_failed": _sum(lambda result: result.checks_failed),
    "error_rate": _error_rate,
    "hit_ratio": _hit_ratio,
    "throughput": _throughput,
    "service_cpu": _cpu,
}


def samples(counting: Sequence[Cells], figures: Mapping[str, Figure]) -> Samples:
    """The samples for effects: the starts, or the tenths of a single start with k6's points."""
    if len(counting) > 1 or not all(result.timeline and result.profile == SUMMARY for result in counting[0].values()):
        return Samples(values_of(counting, figures), len(counting))
    parts = zip(*(_tenths(result) for result in counting[0].values()), strict=True)
    return Samples(values_of([dict(zip(counting[0], each, strict=True)) for each in parts], figures), 1, BETWEEN_STARTS)


def _tenths(result: Result) -> list[Result]:
    return [
        replace(
            result,
            requests=part.requests,
            duration_s=part.duration_s,
            throughput_rps=part.requests / part.duration_s,
            latency_ms=_latency(part),
        )
        for part in result.timeline
    ]


def _latency(part: Slice) -> Latency:
    latency = part.latency_ms
    return Latency(latency.avg, None, latency.p50, None, latency.p95, None, latency.max)
