"""The conditions under which a recommendation flips, and the intervals that they have."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtests.analysis.effects import interval
from loadtests.analysis.read import read_rounds
from loadtests.schema.result import Result
from loadtests.verdict.comparison import compare
from loadtests.verdict.flips import hit_ratio_needed, hit_ratio_over_starts
from tests.support.simulated_results import bound_by, document, save, server, simulated

CACHE = {"sync": 400.0, "sync-cached": 10.0, "async": 400.0, "async-cached": 10.0}
REWRITE = dict.fromkeys(("sync", "sync-cached"), 400.0) | dict.fromkeys(("async", "async-cached"), 200.0)
NO_HITS = {"hit": 0}
HITS = {"hit": 90, "miss": 10, "stale": 0, "bypass": 0}


def flips(
    folder: Path,
    latencies: dict[str, float],
    rounds: int = 4,
    noise: float = 0.002,
    cache: Any = NO_HITS,
    **changes: Any,
) -> str:
    for content in simulated(latencies, rounds, noise):
        if content["combination"].endswith("cached"):
            content["cache"] = cache
        save(folder, content | changes)
    return "\n".join(compare(read_rounds(folder)).recommendation.flips)


def cells(before: float, after: float, hits: int) -> dict[str, Result]:
    cache = {"hit": hits, "miss": 100 - hits}
    contents = (document("sync", latency=before), document("sync-cached", latency=after, cache=cache))
    return {content["combination"]: msgspec.convert(content, Result) for content in contents}


def test_the_hit_ratio_needed_is_on_the_line_from_no_hits_to_the_measured_ratio() -> None:
    assert hit_ratio_needed(105.0, 55.0, 0.5) == pytest.approx(0.05)
    assert hit_ratio_needed(110.0, 105.0, 0.5) is None
    assert hit_ratio_needed(105.0, 55.0, None) is None


def test_the_hit_ratio_needed_has_the_interval_of_its_rounds() -> None:
    found = hit_ratio_over_starts([cells(105, 55, 50), cells(105, 55, 52), cells(105, 55, 54)])
    assert found == pytest.approx(interval([0.050, 0.052, 0.054]))


def test_a_round_without_a_gain_gives_no_hit_ratio() -> None:
    assert hit_ratio_over_starts([cells(105, 55, 50), cells(100, 100, 50)]) is None


def test_the_cache_flips_at_a_hit_ratio_with_its_interval_and_at_the_age_of_an_answer(tmp_path: Path) -> None:
    found = flips(tmp_path, CACHE, cache=HITS)
    assert re.search(r"4\.40%.* 4\.", found)
    assert "66 s stale" in found


def test_one_round_has_a_hit_ratio_and_no_interval() -> None:
    needed = hit_ratio_over_starts([cells(105, 55, 50)])
    assert needed is not None
    assert (needed.low, needed.high) == (None, None)


def test_a_rewrite_flips_with_the_bottleneck_and_with_the_cache(tmp_path: Path) -> None:
    found = flips(tmp_path, REWRITE, server=bound_by("service"), think_time_s=0.01)
    assert " service " in found
    assert found.count(" 5 %") == 2


def test_a_statement_as_the_bottleneck_flips_when_it_gets_quicker(tmp_path: Path) -> None:
    counted = {"routes": ["revenue"], "executions": 9, "total_ms": 9.0, "avg_ms": 1.0, "rows_examined": 5}
    busy = {**server(100.0), "statements": [{"statement": "REVENUE", **counted}]}
    found = flips(tmp_path, dict.fromkeys(CACHE, 100.0), noise=0.0, server=busy, think_time_s=0.01)
    assert re.search(r"REVENUE .* 100 requests/s", found)


def test_an_open_question_names_the_run_that_decides_it(tmp_path: Path) -> None:
    found = flips(tmp_path, dict.fromkeys(CACHE, 100.0), noise=0.3)
    assert " cache " in found
    assert "starts would tell" in found
    assert re.search(r"async .*database", found)
