"""The figures of turns: by start, by batch, over the mix, and without void batches."""

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from loadtests.analysis.read import read_rounds
from loadtests.analysis.regression import against
from loadtests.cli.main import main
from loadtests.verdict.comparison import Comparison, compare
from tests.support.simulated_results import Document, save
from tests.support.simulated_turns import ALIKE, VISITORS, WEIGHTS, turned, write_turns

TENTH = ALIKE | {"async": 1.1, "async-cached": 1.1}
METRICS = ("latency_avg", "latency_p50", "throughput", "service_cpu")


def compared(folder: Path) -> Comparison:
    return compare(read_rounds(folder))


def spoilt(folder: Path, spoil: Callable[[Document], None], **changes: Any) -> Comparison:
    for content in turned(**changes):
        spoil(content)
        save(folder, content)
    return compared(folder)


@pytest.mark.parametrize("starts", [5, 1])
def test_a_tenth_is_detected_on_every_route_and_over_the_mix(tmp_path: Path, starts: int) -> None:
    write_turns(tmp_path, starts, factors=TENTH)
    found = compared(tmp_path)
    for row in (found.effects, *found.effects["routes"].values()):
        effect = row["simple"]["async uncached"]["latency_avg"]
        assert effect.ratio == pytest.approx(1 / 1.1, rel=0.02)
        assert effect.low < 1 / 1.1 < effect.high
        assert (effect.verdict, effect.rounds) == ("worse", starts)


def test_the_interval_of_one_start_includes_the_variance_between_starts(tmp_path: Path) -> None:
    write_turns(tmp_path, 1, noise=1e-6)
    effect = compared(tmp_path).effects["simple"]["cache in sync"]["latency_avg"]
    assert math.log(effect.high / effect.ratio) == pytest.approx(0.028, rel=0.01)


def test_equal_services_are_the_same_and_nothing_is_recommended(tmp_path: Path) -> None:
    write_turns(tmp_path)
    found = compared(tmp_path)
    assert {row["latency_avg"].verdict for row in found.effects["simple"].values()} == {"same"}
    assert found.recommendation.answer == "keep"


@pytest.mark.parametrize(("cpu", "answer"), [(0.5, "add the cache"), (1.07, "undecided"), (2.0, "undecided")])
def test_a_gain_is_recommended_where_service_cpu_shows_it_too(tmp_path: Path, cpu: float, answer: str) -> None:
    def costs(content: Document) -> None:
        if content["combination"].endswith("cached"):
            _multiply_cpu(content, VISITORS, cpu / 0.5)

    found = spoilt(tmp_path, costs, factors=ALIKE | {"sync-cached": 0.5, "async-cached": 0.5})
    assert found.effects["simple"]["cache in sync"]["latency_avg"].verdict == "better"
    assert found.recommendation.answer == answer


@pytest.mark.parametrize(
    ("slower", "answer"), [("product", "keep"), ("revenue", "keep"), ("create_order", "undecided")]
)
def test_the_light_read_and_the_report_decide_if_the_mix_does_not(tmp_path: Path, slower: str, answer: str) -> None:
    def differs(content: Document) -> None:
        # The twins by a third on one route, and on the page now one way and now the other.
        sign = 1 if content["combination"].startswith("async") else -1
        _shift(content, slower, sign * 0.15)
        _shift(content, "dashboard", sign * (0.6 if content["round"] % 2 else -0.5))
        _multiply_cpu(content, VISITORS, math.exp(sign * 0.15))

    found = spoilt(tmp_path, differs)
    assert found.effects["simple"]["async uncached"]["latency_avg"].verdict == "cannot tell"
    assert found.recommendation.answer == answer


def _shift(content: Document, phase: str, by: float) -> None:
    for batch in content["turns"][phase]:
        batch["contrast"] += by


def _multiply_cpu(content: Document, phases: Iterable[str], factor: float) -> None:
    for phase in phases:
        content["head_to_head"][phase]["service_cpu_ms"] *= factor
        for batch in content["turns"][phase]:
            batch["service_cpu_ms"] *= factor


def test_the_mix_is_the_weighted_sum_of_its_routes(tmp_path: Path) -> None:
    write_turns(tmp_path, factors=TENTH, noise=1e-6)
    mix = compared(tmp_path).effects["simple"]["async uncached"]
    for metric in METRICS:
        assert mix[metric].ratio == pytest.approx(1 / 1.1, rel=0.01), metric
    assert mix["latency_avg"].difference == pytest.approx(1.0, rel=0.01)
    assert mix["latency_p95"].ratio is None


def test_one_visitor_has_no_throughput_and_no_p95(tmp_path: Path) -> None:
    write_turns(tmp_path)
    routes = compared(tmp_path).effects["routes"]
    for phase, visitors in VISITORS.items():
        row = routes[phase]["simple"]["cache in sync"]
        assert (row["throughput"].ratio is None) is (visitors == 1)
        assert (row["latency_p95"].ratio is None) is (visitors == 1)


def test_a_p95_needs_two_hundred_requests_in_the_run(tmp_path: Path) -> None:
    def few(content: Document) -> None:
        content["head_to_head"]["dashboard"]["requests"] = 30
        for batch in content["turns"]["dashboard"]:
            batch["requests"] = 3

    routes = spoilt(tmp_path, few).effects["routes"]
    assert routes["dashboard"]["simple"]["cache in sync"]["latency_p95"].ratio is None
    assert routes["product"]["simple"]["cache in sync"]["latency_p95"].ratio == pytest.approx(1, rel=0.01)


def test_a_void_batch_is_left_out_with_its_round_of_blocks(tmp_path: Path) -> None:
    """A fault in one service's batch changes no figure."""

    def fails(content: Document) -> None:
        batch = content["turns"]["product"][3]
        batch["contrast"] = {"sync": 5.0, "async": -5.0}.get(content["combination"], 0.0)
        if content["combination"] == "sync":
            batch |= {"failed": 1, "void": "1 failed or wrong answers"}

    found = spoilt(tmp_path, fails, factors=TENTH)
    assert found.turns is not None
    assert {(one.combination, one.phase, one.batch) for one in found.turns.void} == {("sync", "product", 3)}
    assert found.effects["routes"]["product"]["simple"]["async uncached"]["latency_avg"].ratio == pytest.approx(
        1 / 1.1, rel=0.02
    )


@pytest.mark.parametrize(("batches", "status"), [(2, 0), (3, 4)])
def test_a_run_with_more_than_a_fifth_void_is_void(tmp_path: Path, batches: int, status: int) -> None:
    def fails(content: Document) -> None:
        for phase in content["turns"].values() if content["combination"] == "async" else ():
            for batch in phase[:batches]:
                batch["void"] = "1 failed or wrong answers"

    found = spoilt(tmp_path, fails)
    assert found.turns is not None
    assert found.turns.is_void is (status == 4)
    assert main(["compare", str(tmp_path)]) == status


def test_an_effect_that_drifts_within_starts_is_reported(tmp_path: Path) -> None:
    write_turns(tmp_path, drift=0.1)
    turns = compared(tmp_path).turns
    assert turns is not None
    assert {drift.split(" in ")[0] for drift in turns.drifts} == {"async uncached", "async cached"}
    write_turns(tmp_path, drift=0.0)
    turns = compared(tmp_path).turns
    assert turns is not None
    assert turns.drifts == []


def test_the_origins_load_keeps_its_own_effects(tmp_path: Path) -> None:
    write_turns(tmp_path)
    found = compared(tmp_path)
    assert found.origin["effects"]["simple"]["cache in sync"]["latency_avg"].ratio == pytest.approx(40)
    assert found.combinations["sync"]["latency_avg"] == pytest.approx(400)
    assert found.turns is not None
    assert (found.turns.weights, found.turns.minutes) == (WEIGHTS, 5.0)


def test_a_route_of_the_mix_without_a_valid_batch_leaves_no_mix(tmp_path: Path) -> None:
    def fails(content: Document) -> None:
        for batch in content["turns"]["revenue"]:
            batch["void"] = "no answer in its turns"

    found = spoilt(tmp_path, fails)
    assert found.missing_effects
    assert found.effects["routes"]["product"]["simple"]["cache in sync"]["latency_avg"].ratio is not None


def test_an_earlier_run_is_compared_by_the_mix_of_its_turns(tmp_path: Path) -> None:
    for name, factors in (("before", ALIKE), ("now", ALIKE | {"async": 1.1})):
        (tmp_path / name).mkdir()
        for content in turned(factors):
            save(tmp_path / name, content)
        (tmp_path / name / "run.json").write_text(json.dumps({"host": {"cpu": "one", "cores": 2, "memory_gb": 8.0}}))
    found = against(tmp_path / "now", tmp_path / "before")
    assert {(regression.combination, regression.metric) for regression in found.regressions} >= {
        ("async", "latency_avg")
    }
    assert "sync" not in {regression.combination for regression in found.regressions}


def test_the_busiest_part_per_request_is_its_routes_bottleneck(tmp_path: Path) -> None:
    write_turns(tmp_path, factors=TENTH)
    found = compared(tmp_path).by_route
    assert set(found) == set(VISITORS)
    for phase, row in found.items():
        assert {bottleneck.name for bottleneck in row.values()} == {"database" if phase == "revenue" else "service"}
        # Visitors by the 10 ms of a request, times the milliseconds of CPU in it.
        expected = VISITORS[phase] / 10 * (9.0 if phase == "revenue" else 1.0)
        assert row["sync"].share == pytest.approx(expected)
        assert row["sync"].demands["service"] == pytest.approx(1.0)


def test_a_manual_k6_run_has_no_bottleneck_by_route(tmp_path: Path) -> None:
    def by_hand(content: Document) -> None:
        for phase in content["head_to_head"].values():
            phase |= dict.fromkeys(("service_cpu_ms", "database_cpu_ms", "cache_cpu_ms"))

    assert spoilt(tmp_path, by_hand).by_route == {}


def test_turns_with_another_round_number_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_turns(tmp_path)
    first, second = (json.loads((tmp_path / f"async.round-{at}.json").read_text()) for at in (1, 2))
    save(tmp_path, second | {"turns": first["turns"]})
    assert main(["compare", str(tmp_path)]) == 2
    assert "copy" in capsys.readouterr().err
