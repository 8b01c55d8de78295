"""What is recommended for results of known effects, what it costs, and when it flips."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtests.comparison import compare
from loadtests.costs import CHECKOUT, differing_lines
from loadtests.recommendation import Recommendation, hit_ratio_needed
from loadtests.results_reading import read_rounds
from loadtests.results_schema import Result
from loadtests.statement_cure import StatementCure, statement_cure
from tests.simulated_results import COMBINATIONS, save, server, simulated

CACHE = {"sync": 400.0, "sync-cached": 10.0, "async": 400.0, "async-cached": 10.0}
BOTH = CACHE | {"async-cached": 5.0}
REWRITE = dict.fromkeys(("sync", "sync-cached"), 400.0) | dict.fromkeys(("async", "async-cached"), 200.0)
NOTHING = dict.fromkeys(COMBINATIONS, 100.0)
REPORT = {
    "statement": "REVENUE",
    "routes": ["revenue"],
    "executions": 100,
    "total_ms": 9000.0,
    "avg_ms": 90.0,
    "rows_examined": 5,
}
PAGE = REPORT | {"statement": "CATALOGUE", "routes": ["products"], "total_ms": 1000.0}


def recommended(
    folder: Path, latencies: dict[str, float], rounds: int = 4, noise: float = 0.002, **changes: Any
) -> Recommendation:
    for content in simulated(latencies, rounds, noise):
        save(folder, content | changes)
    return compare(read_rounds(folder)).recommendation


@pytest.mark.parametrize(
    ("latencies", "profile", "answer"),
    [
        (CACHE, "quick", "add the cache"),
        (CACHE, "mixed", "add the cache"),
        (BOTH, "mixed", "both"),
        (BOTH, "origin", "add the cache"),
        (REWRITE, "mixed", "rewrite"),
        (REWRITE, "quick", "undecided"),
        (NOTHING, "mixed", "keep"),
        (NOTHING, "quick", "undecided"),
    ],
)
def test_the_answer_follows_from_what_the_load_could_show(
    tmp_path: Path, latencies: dict[str, float], profile: str, answer: str
) -> None:
    assert recommended(tmp_path, latencies, profile=profile).answer == answer


@pytest.mark.parametrize("profile", ["quick", "origin", "smoke"])
def test_of_async_such_a_load_tells_only_the_cpu_and_names_the_run_that_tells_more(
    tmp_path: Path, profile: str
) -> None:
    found = recommended(tmp_path, BOTH, profile=profile)
    assert "this load cannot tell" in found.text
    assert "Async cached, service CPU per request: 2.00 times better" in found.text
    assert "Async cached, average latency" not in found.text
    assert "make matrix PROFILE=capacity" in found.text


def test_one_round_decides_nothing_and_asks_for_four(tmp_path: Path) -> None:
    found = recommended(tmp_path, CACHE, rounds=1)
    assert (found.answer, "make matrix ROUNDS=4" in found.text) == ("undecided", True)


def test_noise_that_hides_everything_asks_for_more_rounds(tmp_path: Path) -> None:
    found = recommended(tmp_path, NOTHING, noise=0.3, profile="mixed")
    assert (found.answer, "ROUNDS=8" in found.text) == ("undecided", True)


def test_a_recommendation_says_what_it_costs_and_when_it_flips(tmp_path: Path) -> None:
    cache = {"hit": 90, "miss": 10, "stale": 0, "bypass": 0}
    found = recommended(tmp_path, CACHE, cache=cache)
    assert "What it costs to add the cache: " in found.text
    assert any("connections to Redis" in phrase for phrase in found.costs["add the cache"])
    assert any("50 MB of memory of Redis" in phrase for phrase in found.costs["add the cache"])
    assert "This flips when the hit ratio falls below 4%" in found.text


def test_the_hit_ratio_needed_is_on_the_line_from_no_hits_to_what_was_measured() -> None:
    lines = {"sync": {"latency_avg": 105.0}, "sync-cached": {"latency_avg": 55.0, "hit_ratio": 0.5}}
    assert hit_ratio_needed(lines) == pytest.approx(0.05)
    assert hit_ratio_needed(lines | {"sync-cached": {"latency_avg": 110.0, "hit_ratio": 0.5}}) is None
    assert hit_ratio_needed(lines | {"sync-cached": {"latency_avg": 55.0, "hit_ratio": None}}) is None


def _cure(folder: Path) -> StatementCure:
    save(folder, next(simulated(CACHE, 1)) | {"server": {**server(400.0), "statements": [PAGE, REPORT]}})
    (path,) = folder.glob("*.json")
    cure = statement_cure([_result(path)])
    assert cure is not None
    return cure


def _result(path: Path) -> Result:
    return msgspec.json.decode(path.read_bytes(), type=Result)


def test_the_third_cure_is_the_costliest_statement_by_the_utilization_law(tmp_path: Path) -> None:
    cure = _cure(tmp_path)
    # 7.2 s of the database for 360 requests are 20 ms each, 11.25 of them a second.
    assert cure.statement == "REVENUE"
    figures = (cure.share, cure.busy, cure.busy_after, cure.limit_rps, cure.limit_rps_after)
    assert figures == pytest.approx((0.9, 0.225, 0.225 * 0.55, 50, 50 / 0.55))


def test_a_statement_that_binds_is_mended_first_when_no_cure_is_shown(tmp_path: Path) -> None:
    busy = {**server(100.0), "statements": [REPORT, PAGE]}
    found = recommended(tmp_path, NOTHING, server=busy, think_time_s=0.01)
    assert found.answer == "mend the statement"
    assert "the statement REVENUE (behind revenue) takes 90% of the time" in found.text


def test_a_statement_is_not_mended_on_the_word_of_one_round(tmp_path: Path) -> None:
    busy = {**server(100.0), "statements": [REPORT, PAGE]}
    assert recommended(tmp_path, CACHE, rounds=1, server=busy, think_time_s=0.01).answer == "undecided"


def test_without_statements_there_is_no_third_cure(tmp_path: Path) -> None:
    found = recommended(tmp_path, CACHE)
    assert (found.statement, "third cure" in found.text) == (None, False)


def test_services_of_ones_own_have_no_cost_that_we_could_know(tmp_path: Path) -> None:
    for content in simulated(CACHE, 1):
        save(tmp_path, content | {"combination": f"my-{content['combination']}"})
    assert compare(read_rounds(tmp_path)).recommendation.costs == {}


def test_changed_lines_are_those_in_which_the_twins_differ(tmp_path: Path) -> None:
    for name, text in (("before", "a\nb\nc\n"), ("after", "a\nasync b\nc\nd\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.py").write_text(text)
    (tmp_path / "after" / "new.py").write_text("e\n")
    assert differing_lines(tmp_path / "before", tmp_path / "after") == (3, 5)


def test_the_twins_differ_in_less_than_half_of_their_lines() -> None:
    changed, total = differing_lines(CHECKOUT / "sync_api", CHECKOUT / "async_api")
    assert 50 < changed < total / 2
