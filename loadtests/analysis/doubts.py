"""Reasons to doubt figures of k6's own summaries: they are shown nevertheless, since real runs have a few failures."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from loadtests.analysis.k6_summary import PROFILE
from loadtests.schema.result import Result


class Doubt(msgspec.Struct, frozen=True):
    """The doubtful figures of a file, the reason, and its extent."""

    combination: str
    round: int
    figures: str
    reason: str
    extent: str


FAILED: Final = "latency and throughput"
ANSWERS: Final = "whether the answers were right"
DROPPED: Final = "throughput and latency at the rate that was asked for"
LOADS: Final = "whether the load was the same"


def doubts(rounds: Mapping[int, Mapping[str, Result]]) -> list[Doubt]:
    summaries = [result for cells in rounds.values() for result in cells.values() if result.profile == PROFILE]
    others = len({result.vus for result in summaries}) > 1
    return [Doubt(result.combination, result.round, *doubt) for result in summaries for doubt in _of(result, others)]


def _of(result: Result, other_vus: bool) -> Iterator[tuple[str, str, str]]:
    requests, dropped = result.requests, result.dropped_iterations
    if result.failed:
        yield FAILED, "requests failed", _share(result.failed, requests)
    if result.checks_failed:
        yield ANSWERS, "checks failed", _share(result.checks_failed, result.checks or requests)
    if dropped:
        yield DROPPED, "iterations were dropped", _share(dropped, requests + dropped)
    if other_vus:
        yield LOADS, "VUs differ, as they may at a constant arrival rate only", f"{result.vus:,}"


def _share(count: int, whole: int) -> str:
    return f"{count:,} of {whole:,} ({100 * count / whole:.2g} %)"
