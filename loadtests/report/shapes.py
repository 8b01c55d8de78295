"""How latencies are distributed, and how they went over time, of every combination."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from loadtests.medians import middle
from loadtests.results_reading import Rounds
from loadtests.results_schema import Result, Slice, SliceLatency
from loadtests.void import VoidCell

# What every result has, for results that were measured without a whole curve.
ALWAYS: Final = ("p50", "p90", "p95", "p99")


def curves(counting: Sequence[Mapping[str, Result]]) -> dict[str, dict[str, dict[str, float | None]]]:
    """Gives median, lowest and highest round of every percentile, by combination; null where a round lacks it."""
    names = dict.fromkeys(name for cells in counting for name in cells)
    return {name: _curve([cells[name] for cells in counting if name in cells]) for name in names}


def course(rounds: Rounds, void: Sequence[VoidCell]) -> list[dict[str, Any]]:
    """Gives every cell with its slices, round by round, void ones too and marked."""
    broken = {(cell.round, cell.combination) for cell in void}
    return [
        {
            "combination": name,
            "round": number,
            "void": (number, name) in broken,
            "duration_s": result.duration_s,
            "latency_avg": result.latency_ms.avg,
            "throughput_rps": result.throughput_rps,
            "slices": result.timeline or [_whole(result)],
        }
        for number, cells in rounds.items()
        for name, result in cells.items()
    ]


def _curve(results: Sequence[Result]) -> dict[str, dict[str, float | None]]:
    found = [dict(_percentiles(result)) for result in results]
    return {name: _spread([one.get(name) for one in found]) for name in found[0]}


def _spread(values: Sequence[float | None]) -> dict[str, float | None]:
    known = [value for value in values if value is not None]
    whole = len(known) == len(values)
    return {
        "median": middle(values),
        "low": min(known) if whole else None,
        "high": max(known) if whole else None,
    }


def _percentiles(result: Result) -> Iterator[tuple[str, float | None]]:
    if result.percentiles:
        yield from result.percentiles.items()
    else:
        yield from ((name, getattr(result.latency_ms, name)) for name in ALWAYS)


def _whole(result: Result) -> Slice:
    """The measured time as one slice, where it was not divided."""
    latency = result.latency_ms
    figures = SliceLatency(latency.avg, latency.p50, latency.p95, latency.max)
    return Slice(0.0, result.duration_s, result.requests, result.failed, figures)
