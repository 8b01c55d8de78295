"""Finds figures in one result file that contradict each other, so that it cannot be a measurement.

Things that happen in real runs (failed or wrong answers, a late load generator) are judged by the void rules.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from loadtests.analysis.k6_summary import UNKNOWN
from loadtests.analysis.void import unlike_its_cache
from loadtests.schema.combinations import OURS, read_entries
from loadtests.schema.result import Result, SliceLatency
from loadtests.schema.turns import BATCHES, Latency

# Figures are rounded to thousandths before they are written.
ROUNDED: Final = 0.002
# How far the clock of another machine may be ahead.
CLOCKS: Final = timedelta(days=1)
# Kinds of failed requests; all other kinds are wrong answers.
FAILED: Final = ("no answer", "status", "redirect")
OUR_CACHES: Final = {entry.name: entry.varies.cache for entry in read_entries(OURS) if entry.varies}


class Relation(NamedTuple):
    """A relation that holds in every real result; `broken` returns why it does not."""

    name: str
    broken: Callable[[Result], str | None]


def contradiction(result: Result) -> str | None:
    """The first broken relation of a result, in words."""
    return next((f"{relation.name}: {fault}" for relation in RELATIONS if (fault := relation.broken(result))), None)


def time_of(text: str) -> datetime | None:
    """Null if the text is not a UTC time."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.utcoffset() == timedelta() else None


def _time(result: Result) -> str | None:
    if result.started_at == UNKNOWN and result.think == "unknown":
        return None
    time = time_of(result.started_at)
    if time is None:
        return f"started_at {result.started_at} is no time of UTC"
    return f"started_at {result.started_at} is yet to come" if time > datetime.now(UTC) + CLOCKS else None


def _whole(result: Result) -> str | None:
    """Requests are whole, so a rate may be off by half a request."""
    expected = result.throughput_rps * result.duration_s
    if abs(expected - result.requests) <= max(0.5, 0.01 * result.duration_s) + 1e-3 * result.throughput_rps:
        return None
    return f"{result.requests} requests in {result.duration_s:g} s are not {result.throughput_rps:g} a second"


def _counts(result: Result) -> str | None:
    wrong = result.failed + (result.checks_failed if result.failures else 0)
    if wrong > result.requests:
        return f"{wrong} of {result.requests} requests failed"
    if not result.requests and result.latency_ms.avg is not None:
        return f"no request has a latency of {result.latency_ms.avg:g} ms"
    labelled = sum((result.cache.hit, result.cache.miss, result.cache.stale, result.cache.bypass, result.cache.off))
    return f"{labelled} of {result.requests} answers name the cache" if labelled > result.requests else None


def _failures(result: Result) -> str | None:
    if not result.failures:
        return None
    failed = sum(result.failures.get(kind, 0) for kind in FAILED)
    wrong = sum(result.failures.values()) - failed
    if (failed, wrong) == (result.failed, result.checks_failed):
        return None
    return f"by kind {failed} failed and {wrong} were wrong, not {result.failed} and {result.checks_failed}"


def _routes(result: Result) -> str | None:
    return _sums("routes", result, result.routes.values(), ("requests", "failed", "checks_failed"))


def _slices(result: Result) -> str | None:
    lasted = sum(part.duration_s for part in result.timeline)
    if result.timeline and abs(lasted - result.duration_s) > ROUNDED * len(result.timeline):
        return f"slices last {lasted:g} s, not {result.duration_s:g}"
    return _sums("slices", result, result.timeline, ("requests", "failed"))


def _sums(name: str, result: Result, parts: Iterable[object], counts: Sequence[str]) -> str | None:
    known = list(parts)
    for count in counts if known else ():
        counted, whole = sum(getattr(part, count) for part in known), getattr(result, count)
        if counted != whole:
            return f"{name} have {count} {counted}, the whole has {whole}"
    return None


def _latencies(result: Result) -> str | None:
    parts: dict[str, Latency | SliceLatency] = {"": result.latency_ms}
    parts |= {f" of {name}": route.latency_ms for name, route in result.routes.items()}
    parts |= {f" from {part.start_s:g} s": part.latency_ms for part in result.timeline}
    return next((f"{fault}{name}" for name, latency in parts.items() if (fault := _latency(latency))), None)


def _latency(latency: Latency | SliceLatency) -> str | None:
    """Percentiles and the average are within minimum and maximum."""
    names = [name for name in latency.__struct_fields__ if name != "avg"]
    risen = _risen({name: getattr(latency, name) for name in names})
    average, lowest, highest = latency.avg, getattr(latency, "min", None), latency.max
    return risen or _risen({"min": lowest, "avg": average}) or _risen({"avg": average, "max": highest})


def _curve(result: Result) -> str | None:
    latency = result.latency_ms
    for name, value in result.percentiles.items():
        known = getattr(latency, name, None)
        if known is not None and value is not None and abs(known - value) > ROUNDED:
            return f"{name} is {known:g} ms, and {value:g} ms in the curve"
    places = sorted(result.quantiles.items(), key=lambda place: float(place[0]))
    return _risen({"min": latency.min, **result.percentiles, "max": latency.max}) or _risen(dict(places))


def _risen(values: dict[str, float | None]) -> str | None:
    known = [(name, value) for name, value in values.items() if value is not None]
    for (before, low), (after, high) in pairwise(known):
        if low > high + ROUNDED:
            return f"{before} is {low:g} ms, {after} is {high:g} ms"
    return None


def _turns(result: Result) -> str | None:
    """Each phase has each of its batches once, and they add up to it."""
    for name, batches in result.turns.items():
        phase, numbers = result.head_to_head.get(name), [batch.batch for batch in batches]
        if phase is None or numbers != list(range(BATCHES)):
            return f"{name} has batches {numbers}{'' if phase else ' and no whole'}"
        requests = sum(batch.requests for batch in batches)
        if requests != phase.requests:
            return f"batches of {name} have {requests} requests, the whole has {phase.requests}"
        if fault := _latency(phase.latency_ms):
            return f"{fault} in {name}"
    return None


def _cache(result: Result) -> str | None:
    """Only for our combinations; with other services a void rule applies."""
    cached = OUR_CACHES.get(result.combination)
    if cached is None or result.routes_sha256 or (result.varies and result.varies.cache is not cached):
        return None
    return unlike_its_cache(result, cached)


RELATIONS: Final = (
    Relation("time", _time),
    Relation("throughput", _whole),
    Relation("counts", _counts),
    Relation("failures", _failures),
    Relation("routes", _routes),
    Relation("timeline", _slices),
    Relation("latency", _latencies),
    Relation("percentiles", _curve),
    Relation("turns", _turns),
    Relation("cache", _cache),
)
