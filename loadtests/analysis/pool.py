"""Pools the shards of a load into one result: counts are summed, percentiles are over all requests.

A shard has no single latencies, only k6's percentiles at many places.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from loadtests.analysis.starvation import late
from loadtests.schema.shard import BatchPart, Curve, Part, Shard

Values: TypeAlias = npt.NDArray[np.float64]

# Places and milliseconds are rounded, so a place exactly on a value may seem to be beside it.
ROUNDED: Final = 1e-9
# Requests needed beyond a percentile, as in loadtests/lib/latency.js.
BEYOND: Final = 10
FIELDS: Final = {"min": 0, "p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}
WITH_CARE: Final = ("p95", "p99")


def values_of(curve: Curve, places: Sequence[float]) -> Values:
    """The sorted values between which k6 interpolates; exact where two places lie between neighbours."""
    if curve.count < 2:
        return np.array(curve.at[: curve.count], dtype=np.float64)
    ranks, at = np.array(places) / 100 * (curve.count - 1), np.array(curve.at)
    numbers = np.arange(curve.count, dtype=np.float64)
    values = np.interp(numbers, ranks, at)
    for begin in (numbers - 1, numbers):
        first = np.minimum(np.searchsorted(ranks, begin - ROUNDED), len(ranks) - 1)
        last = np.searchsorted(ranks, begin + 1 + ROUNDED, side="right") - 1
        exact = last > first
        first, last = first[exact], last[exact]
        slopes = (at[last] - at[first]) / (ranks[last] - ranks[first])
        values[exact] = at[first] + slopes * (numbers[exact] - ranks[first])
    known: Values = np.clip(values, at[0], at[-1])
    return known


class Pooled(NamedTuple):
    """The requests of all shards."""

    requests: int
    avg: float | None
    values: Values

    def percentile(self, place: float) -> float | None:
        """Milliseconds, interpolated linearly as in k6."""
        return round(float(np.percentile(self.values, place)), 3) if self.requests else None

    def careful(self, place: float, beyond: int = BEYOND) -> float | None:
        """Null if too few requests are beyond the place, on its side of the median."""
        tenths = min(round(place * 10), round(1000 - place * 10))
        return None if self.requests * tenths < beyond * 1000 else self.percentile(place)

    def latency(self, *names: str, beyond: int = BEYOND) -> dict[str, float | None]:
        """Fields of a result's latency; by default all."""
        percentiles = {
            name: self.careful(FIELDS[name], beyond) if name in WITH_CARE else self.percentile(FIELDS[name])
            for name in names or FIELDS
        }
        return {"avg": None if self.avg is None else round(self.avg, 3), **percentiles}


def pooled(parts: Sequence[Curve], places: Sequence[float]) -> Pooled:
    count = sum(part.count for part in parts)
    average = sum(part.count * part.avg for part in parts) / count if count else None
    return Pooled(count, average, np.concatenate([values_of(part, places) for part in parts]))


COUNTED: Final = ("requests", "failed", "checks_failed", "late")
OF_LOAD: Final = (*COUNTED, "short_stock", "dropped_iterations")
OF_BATCH: Final = ("requests", "failed", "overlapping")

Document = dict[str, Any]


class Piece(NamedTuple):
    """A shard's file as raw JSON and decoded."""

    document: Document
    part: Part


def pool(pieces: Sequence[Piece]) -> Document:
    """The result of all shards of one combination; they come in order."""
    documents, parts = [piece.document for piece in pieces], [piece.part for piece in pieces]
    first = {name: value for name, value in documents[0].items() if name != "shard"}
    whole = _curves(parts, lambda shard: shard.latency)
    counts = _sums(documents, OF_LOAD)
    held_back = [f"generator {part.shard.number}: {why}" for part in parts if (why := late(part, part.shard.visitors))]
    return {
        **first,
        "started_at": min(part.started_at for part in parts),
        "measured_s": max(part.measured_s or 0.0 for part in parts),
        **counts,
        "throughput_rps": round(counts["requests"] / part.duration_s, 2) if (part := parts[0]).duration_s else 0.0,
        "ceiling_rps": _ceiling(parts[0], whole),
        "latency_ms": whole.latency(),
        "percentiles": {name: whole.careful(float(name[1:])) for name in first["percentiles"]},
        "quantiles": {name: whole.percentile(float(name)) for name in first["quantiles"]},
        "timeline": [_slice(number, documents, parts) for number in range(len(first["timeline"]))],
        "routes": {name: _route(name, documents, parts) for name in first["routes"]},
        "failures": _added(document["failures"] for document in documents),
        "cache": _added(document["cache"] for document in documents),
        "turns": {name: _batches(name, documents, parts) for name in first["turns"]},
        "head_to_head": {name: _phase(name, documents, parts) for name in first["head_to_head"]},
        "generators": len(pieces),
        "start_skew_s": start_skew_s(parts),
        **({"held_back": held_back} if held_back else {}),
    }


def start_skew_s(parts: Sequence[Part]) -> float:
    """Seconds between the first and the last shard's start of the measured time, by their clocks."""
    starts = [datetime.fromisoformat(part.started_at) for part in parts]
    return round((max(starts) - min(starts)).total_seconds(), 3)


def _curves(parts: Sequence[Part], of: Callable[[Shard], Curve], coarse: bool = False) -> Pooled:
    shard = parts[0].shard
    return pooled([of(part.shard) for part in parts], shard.coarse if coarse else shard.places)


def _sums(documents: Iterable[Mapping[str, Any]], names: Sequence[str]) -> dict[str, int]:
    return {name: sum(document.get(name, 0) for document in documents) for name in names}


def _added(tables: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for table in tables:
        total.update(table)
    return dict(total)


def _ceiling(part: Part, whole: Pooled) -> float | None:
    cycle = part.think_time_s + (whole.avg or 0.0) / 1000
    return round(part.vus / cycle, 2) if cycle and part.rate_rps is None else None


def _slice(number: int, documents: Sequence[Document], parts: Sequence[Part]) -> Document:
    slices = [document["timeline"][number] for document in documents]
    latency = _curves(parts, lambda shard: shard.timeline[number], coarse=True)
    return {
        **slices[0],
        **_sums(slices, ("requests", "failed")),
        "latency_ms": latency.latency("p50", "p95", "max"),
    }


def _route(name: str, documents: Sequence[Document], parts: Sequence[Part]) -> Document:
    latency = _curves(parts, lambda shard: shard.routes[name]).latency()
    return {**_sums([document["routes"][name] for document in documents], COUNTED), "latency_ms": latency}


def _batches(phase: str, documents: Sequence[Document], parts: Sequence[Part]) -> list[Document]:
    return [_batch(phase, number, documents, parts) for number in range(len(documents[0]["turns"][phase]))]


def _batch(phase: str, number: int, documents: Sequence[Document], parts: Sequence[Part]) -> Document:
    batches = [document["turns"][phase][number] for document in documents]
    own = [part.shard.turns[phase][number] for part in parts]
    reasons = [f"generator {at}: {batch['void']}" for at, batch in enumerate(batches, 1) if batch["void"]]
    latency = _curves(parts, lambda shard: shard.turns[phase][number].latency, coarse=True)
    return {
        **batches[0],
        **_sums(batches, OF_BATCH),
        "void": "; ".join(reasons) or None,
        "latency_ms": latency.latency("p50", "p95", beyond=0),
        "contrast": _contrast(batches, own),
        "hit_ratio": _share(sum(turn.hits for turn in own), sum(turn.asked for turn in own)),
    }


def _contrast(batches: Sequence[Document], own: Sequence[BatchPart]) -> float | None:
    """The mean over the visitors of all shards; each visitor has one contrast in a batch."""
    total = sum(part.contrasts * (batch["contrast"] or 0.0) for batch, part in zip(batches, own, strict=True))
    return _share(total, sum(part.contrasts for part in own))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _phase(name: str, documents: Sequence[Document], parts: Sequence[Part]) -> Document:
    phases = [document["head_to_head"][name] for document in documents]
    latency, visitors = _curves(parts, lambda shard: shard.head_to_head[name]), phases[0]["visitors"]
    waiting = visitors > 1 and latency.avg
    return {
        **phases[0],
        # The first visitor reports for all.
        "turn_ms": next((phase["turn_ms"] for phase in phases if phase["turn_ms"]), None),
        "requests": sum(phase["requests"] for phase in phases),
        "throughput_rps": round(1000 * visitors / latency.avg, 2) if waiting and latency.avg else None,
        "latency_ms": latency.latency(beyond=1),
    }
