"""What puts figures of k6's own summaries in doubt: they are shown all the same, since real runs fail a little."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from loadtests.analysis.k6_summary import PROFILE
from loadtests.schema.result import Result


class Doubt(msgspec.Struct, frozen=True):
    """Which figures of which file, and why, with count and rate."""

    combination: str
    round: int
    figures: str
    reason: str


FAILED: Final = "latency and throughput"
ANSWERS: Final = "whether the answers were right"
DROPPED: Final = "throughput and latency at the rate that was asked for"
LOADS: Final = "whether the load was the same"


def doubts(rounds: Mapping[int, Mapping[str, Result]]) -> list[Doubt]:
    summaries = [result for cells in rounds.values() for result in cells.values() if result.profile == PROFILE]
    return [
        Doubt(result.combination, result.round, figures, reason)
        for result in summaries
        for figures, reason in _of(result, summaries[0])
    ]


def _of(result: Result, first: Result) -> Iterator[tuple[str, str]]:
    requests, dropped = result.requests, result.dropped_iterations
    if result.failed:
        yield FAILED, f"{_share(result.failed, requests)} requests failed"
    if result.checks_failed:
        yield ANSWERS, f"{_share(result.checks_failed, result.checks or requests)} checks failed"
    if dropped:
        yield DROPPED, f"{_share(dropped, requests + dropped)} iterations were dropped"
    if result.vus != first.vus:
        yield LOADS, f"{result.vus} VUs, {first.combination} had {first.vus}: right at a constant arrival rate only"


def _share(count: int, whole: int) -> str:
    return f"{count:,} of {whole:,} ({count / whole:.2%})"
