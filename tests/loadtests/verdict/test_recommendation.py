"""The recommendation for results with known effects, its costs, and its flips."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from loadtests.analysis.effects import interval
from loadtests.analysis.read import read_rounds
from loadtests.schema.result import Result
from loadtests.schema.server import Usage
from loadtests.verdict.answer import Recommendation
from loadtests.verdict.comparison import compare
from loadtests.verdict.costs import greatest_age_s
from loadtests.verdict.statement import StatementCure, statement_cure
from loadtests.verdict.studies import context_of
from shared.cache.values import JITTER
from shared.service.settings import Settings
from tests.support.simulated_results import COMBINATIONS, bound_by, save, server, simulated

CACHE = {"sync": 400.0, "sync-cached": 10.0, "async": 400.0, "async-cached": 10.0}
BOTH = CACHE | {"async-cached": 5.0}
REWRITE = dict.fromkeys(("sync", "sync-cached"), 400.0) | dict.fromkeys(("async", "async-cached"), 200.0)
NOTHING = dict.fromkeys(COMBINATIONS, 100.0)
# Starts that were measured.
FEW = 4
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
    ("latencies", "resource", "answer"),
    [
        (CACHE, "service", "add the cache"),
        (BOTH, "service", "both"),
        (BOTH, "think time", "add the cache"),
        (BOTH, "database", "add the cache"),
        (REWRITE, "service", "rewrite"),
        (REWRITE, "database connections", "rewrite"),
        (REWRITE, "requests at once", "rewrite"),
        (REWRITE, "database", "undecided"),
        (REWRITE, "k6", "undecided"),
        (NOTHING, "service", "keep"),
        (NOTHING, "think time", "undecided"),
    ],
)
def test_the_answer_uses_only_effects_that_the_load_can_show(
    tmp_path: Path, latencies: dict[str, float], resource: str, answer: str
) -> None:
    found = recommended(tmp_path, latencies, profile="mixed", server=bound_by(resource))
    assert found.answer == answer
    assert found.flips
    assert found.next or answer != "undecided"


def test_without_the_servers_side_nothing_is_concluded_about_async(tmp_path: Path) -> None:
    found = recommended(tmp_path, REWRITE, server=None)
    assert (found.answer, found.tells_of_async) == ("undecided", False)
    assert set(found.unseen) == {"async uncached", "async cached"}
    assert all(why in found.text for why in found.unseen.values())


def test_a_load_that_waits_for_other_parts_shows_only_asyncs_cpu_and_names_a_better_run(
    tmp_path: Path,
) -> None:
    found = recommended(tmp_path, BOTH)
    assert found.unseen == {"async uncached": "database binds both", "async cached": "think time binds both"}
    assert all(why in found.headline[-1] for why in found.unseen.values())
    assert re.search(r"Async cached: .*CPU.* 2\.00 times", found.text)
    assert "make matrix PROFILE=capacity" in found.text


def test_a_twin_that_waits_for_other_parts_hides_its_pair_and_not_the_other_pair(tmp_path: Path) -> None:
    for content in simulated(BOTH, 4, 0.002):
        save(tmp_path, content | {"server": bound_by("k6" if content["combination"] == "async" else "service")})
    found = compare(read_rounds(tmp_path)).recommendation
    assert (found.answer, found.tells_of_async) == ("both", True)
    assert found.unseen == {"async uncached": "service binds sync and k6 binds async"}


def test_one_round_decides_nothing_and_asks_for_more(tmp_path: Path) -> None:
    found = recommended(tmp_path, CACHE, rounds=1)
    assert (found.answer, "make matrix ROUNDS=5" in found.text) == ("undecided", True)


def test_noise_that_hides_everything_asks_for_more_rounds(tmp_path: Path) -> None:
    found = recommended(tmp_path, NOTHING, noise=0.3, server=bound_by("service"))
    rounds = re.search(r"make matrix ROUNDS=(\d+)", found.text)
    assert found.answer == "undecided"
    assert rounds
    assert int(rounds[1]) > FEW


def test_a_recommendation_says_what_each_cure_costs(tmp_path: Path) -> None:
    found = recommended(tmp_path, CACHE)
    for cure in ("add the cache", "rewrite", "mend the statement"):
        assert cure in found.text
        assert any("connection" in phrase for phrase in found.costs[cure])
        assert any(phrase.startswith("new ways to fail") for phrase in found.costs[cure])
    assert any("50 MB" in phrase and "Redis" in phrase for phrase in found.costs["add the cache"])
    assert any("+0 MB" in phrase and "service" in phrase for phrase in found.costs["add the cache"])
    assert any(" 66 s " in phrase for phrase in found.costs["add the cache"])


def test_the_age_of_data_follows_from_the_measured_lifetime(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"ledger": {"sync-cached": {"variable CACHE_LIFETIME": "10"}}}))
    recommended(tmp_path, CACHE)
    found = compare(read_rounds(tmp_path), context_of(tmp_path)).recommendation
    assert found.text.count(" 11 s ") == 2


@pytest.mark.parametrize(
    ("counted", "phrases"),
    [
        ({}, ("connections to Redis for each worker, by the settings", "both have the same pool")),
        (
            {"sync": "16", "async": "16"},
            ("7 connections to Redis, as counted in sync-cached", "16 to the database, as counted in both"),
        ),
        ({"sync": "16", "async": "20"}, ("7 connections", "+4 connections to the database: 20 counted in async")),
    ],
)
def test_connections_are_those_in_the_ledger(tmp_path: Path, counted: dict[str, str], phrases: tuple[str, str]) -> None:
    ledger = {name: {"database connections": value} for name, value in counted.items()}
    run = {"ledger": ledger | ({"sync-cached": {"Redis connections": "7"}} if counted else {})}
    (tmp_path / "run.json").write_text(json.dumps(run))
    for content in simulated(CACHE, 2):
        save(tmp_path, content)
    costs = compare(read_rounds(tmp_path), context_of(tmp_path)).recommendation.costs
    assert phrases[0] in "".join(costs["add the cache"])
    assert phrases[1] in "".join(costs["rewrite"])


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
    # 7.2 s of the database for 90 requests are 80 ms each, 11.25 of them a second.
    assert cure.statement == "REVENUE"
    figures = (cure.share, cure.busy, cure.busy_after, cure.limit_rps, cure.limit_rps_after)
    assert figures == pytest.approx((0.9, 0.9, 0.9 * 0.55, 12.5, 12.5 / 0.55))


def test_the_third_cures_saving_has_the_interval_of_its_rounds(tmp_path: Path) -> None:
    assert _cure(tmp_path).limit_rps_after_low is None
    (path,) = tmp_path.glob("*.json")
    slow = _result(path)
    assert slow.server is not None
    programs = {**slow.server.programs, "database": Usage(3.6)}
    quick = replace(slow, server=replace(slow.server, programs=programs))
    cure = statement_cure([slow, quick])
    assert cure is not None
    # 12.5 and 25 requests a second by 0.55: two values have a standard error of half their distance.
    expected = interval([12.5 / 0.55, 25 / 0.55])
    assert (cure.limit_rps_after, cure.limit_rps_after_low, cure.limit_rps_after_high) == pytest.approx(expected)


def test_a_statement_as_the_bottleneck_comes_first_when_no_cure_is_shown(tmp_path: Path) -> None:
    busy = {**server(100.0), "statements": [REPORT, PAGE]}
    found = recommended(tmp_path, NOTHING, server=busy, think_time_s=0.01)
    assert found.answer == "mend the statement"
    assert re.search(r"REVENUE .*revenue.* 90%", found.text)
    assert re.search(r"\d\d\.\d% .*\(95 % interval \d\d\.\d% to \d\d\.\d%\)", found.text)
    assert any(flip.startswith("REVENUE becomes quicker") for flip in found.flips)


def test_one_round_is_not_enough_to_recommend_a_statement(tmp_path: Path) -> None:
    busy = {**server(100.0), "statements": [REPORT, PAGE]}
    assert recommended(tmp_path, CACHE, rounds=1, server=busy, think_time_s=0.01).answer == "undecided"


def test_without_statements_there_is_no_third_cure(tmp_path: Path) -> None:
    found = recommended(tmp_path, CACHE)
    assert (found.statement, "third cure" in found.text) == (None, False)


def test_a_users_services_have_no_known_cost(tmp_path: Path) -> None:
    for content in simulated(CACHE, 1):
        save(tmp_path, content | {"combination": f"my-{content['combination']}"})
    assert compare(read_rounds(tmp_path)).recommendation.costs == {}


def test_the_age_of_data_without_a_ledger_is_the_services_default() -> None:
    preset = Settings(combination="any", bind="any:1", database_url="mysql://").cache_lifetime
    assert preset * (1 + JITTER) == greatest_age_s({}, "sync-cached")
