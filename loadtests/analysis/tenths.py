"""What effects of a load are computed from: its starts, or the tenths of the only one whose points k6 wrote."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from loadtests.analysis.batches import Cells
from loadtests.analysis.effects import Samples
from loadtests.analysis.figures import Figure, values_of
from loadtests.analysis.head_to_head import BETWEEN_STARTS
from loadtests.analysis.k6_summary import PROFILE as SUMMARY
from loadtests.schema.result import Result, Slice
from loadtests.schema.turns import Latency


def samples(counting: Sequence[Cells], figures: Mapping[str, Figure]) -> Samples:
    if len(counting) > 1 or not all(result.timeline and result.profile == SUMMARY for result in counting[0].values()):
        return Samples(values_of(counting, figures), len(counting))
    parts = zip(*(_tenths(result) for result in counting[0].values()), strict=True)
    return Samples(values_of([dict(zip(counting[0], each, strict=True)) for each in parts], figures), 1, BETWEEN_STARTS)


def _tenths(result: Result) -> list[Result]:
    return [
        replace(
            result,
            requests=one.requests,
            duration_s=one.duration_s,
            throughput_rps=one.requests / one.duration_s,
            latency_ms=_latency(one),
        )
        for one in result.timeline
    ]


def _latency(one: Slice) -> Latency:
    found = one.latency_ms
    return Latency(found.avg, None, found.p50, None, found.p95, None, found.max)
