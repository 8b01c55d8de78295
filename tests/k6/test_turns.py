"""k6 run loadtests/matrix.js: services take turns, and each batch of turns counts for all or for none."""

import math
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import jsonschema
import msgspec
import pytest

from loadtests.schema.result import Result
from tests.support.k6_runs import ANNOUNCED, MEASURED, TURNS_ALONE, Run, measure
from tests.support.known_service import Answer, KnownService
from tests.support.simulated_results import COMBINATIONS

pytestmark = [pytest.mark.timed, pytest.mark.usefixtures("k6")]

SECONDS = 5
PHASES = {"product": 8, "product_alone": 1, "revenue": 1, "dashboard": 8}

Services = list[KnownService]


@pytest.fixture(scope="module")
def turns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Services]]:
    """One run over four services, the cached ones three times quicker and all hits."""
    with ExitStack() as stack:
        services = [
            stack.enter_context(KnownService(name, 0.003, cache="hit"))
            if name.endswith("cached")
            else stack.enter_context(KnownService(name, 0.009))
            for name in COMBINATIONS
        ]
        load = {"TURNS": str(SECONDS), "WARM_UP_REQUESTS": "80"}
        yield measure(tmp_path_factory.mktemp("turns"), *services, **load), services


def test_results_hold_every_phase_in_ten_batches(turns: tuple[Run, Services]) -> None:
    for name in COMBINATIONS:
        result = turns[0].result(name)
        jsonschema.validate(result, msgspec.json.schema(Result))
        assert {phase: whole["visitors"] for phase, whole in result["head_to_head"].items()} == PHASES
        for phase, batches in result["turns"].items():
            whole = result["head_to_head"][phase]
            assert [batch["batch"] for batch in batches] == list(range(10))
            assert sum(batch["requests"] for batch in batches) == whole["requests"] > 0
            assert not any(batch["failed"] for batch in batches)
        assert result["weights"] == {"product": 20, "revenue": 10, "dashboard": 10}
        assert result["starts"] == 1


def test_phases_follow_each_other_and_the_load_comes_after_them(turns: tuple[Run, Services]) -> None:
    announced = [(name, int(begins), int(ends)) for name, begins, ends in ANNOUNCED.findall(turns[0].log)]
    assert [name for name, _, _ in announced] == list(PHASES)
    assert sum(ends - begins for _, begins, ends in announced) == pytest.approx(1000 * SECONDS, abs=5)
    for (_, _, before), (_, begins, _) in pairwise(announced):
        assert begins - before == 500
    loads = [int(since) for _, since in MEASURED.findall(turns[0].log)]
    assert len(loads) == 4
    assert min(loads) > announced[-1][2]


def test_the_services_are_sent_the_same(turns: tuple[Run, Services]) -> None:
    asked = [Counter(line for line in service.requests if "products/" in line) for service in turns[1]]
    (most_asked,) = {counts.most_common(1)[0][0] for counts in asked}
    assert most_asked == "GET /api/products/1"
    reports = [{line for line in service.requests if "days" in line} for service in turns[1]]
    # Four in turns; the load afterwards, and the fill of the cached ones, ask for more.
    assert min(map(len, reports)) >= 4
    assert len(set.intersection(*reports)) >= 4


def test_figures_of_a_phase_follow_from_each_other(turns: tuple[Run, Services]) -> None:
    slow, quick = (turns[0].result(name)["head_to_head"] for name in ("sync", "sync-cached"))
    for phase, visitors in PHASES.items():
        latency = slow[phase]["latency_ms"]
        assert latency["min"] <= latency["p50"] <= latency["p90"] <= latency["max"]
        assert 9 <= latency["min"]
        assert quick[phase]["latency_ms"]["min"] < latency["min"]
        if visitors == 1:
            assert (slow[phase]["throughput_rps"], slow[phase]["turn_ms"]) == (None, None)
        else:
            assert slow[phase]["throughput_rps"] == pytest.approx(1000 * visitors / latency["avg"], rel=0.01)
            assert min(slow[phase]["turn_ms"], quick[phase]["turn_ms"]) >= 30


def test_contrasts_are_those_of_the_known_services(turns: tuple[Run, Services]) -> None:
    contrasts = {name: mean_contrast(turns[0].result(name)["turns"]["product_alone"]) for name in COMBINATIONS}
    assert sum(contrasts.values()) == pytest.approx(0, abs=1e-9)
    for stack in ("sync", "async"):
        assert math.log(1.5) < contrasts[stack] - contrasts[f"{stack}-cached"] < math.log(3.5)
    assert contrasts["sync"] == pytest.approx(contrasts["async"], abs=math.log(1.4))


def mean_contrast(batches: list[dict[str, Any]]) -> float:
    return fmean(batch["contrast"] for batch in batches if batch["contrast"] is not None)


def test_services_of_ones_own_get_no_writes_that_were_not_asked_for(turns: tuple[Run, Services]) -> None:
    assert not [line for service in turns[1] for line in service.requests if not line.startswith("GET ")]
    assert "orders were made" not in turns[0].printed
    assert set(turns[0].result("sync")["mix"]) == {"products", "product", "revenue", "dashboard", "order"}


def test_caches_are_filled_with_every_page_and_report(turns: tuple[Run, Services]) -> None:
    by_name = {service.name: service.requests for service in turns[1]}
    for name in ("sync-cached", "async-cached"):
        assert len({line for line in by_name[name] if "reports/" in line}) == 50
        # Five pages of twenty categories and of all.
        assert len({line for line in by_name[name] if re.search(r"products($|\?)", line)}) == 105


def test_a_slow_service_has_longer_turns_than_the_others(tmp_path: Path) -> None:
    with KnownService("sync", 0.001) as quick, KnownService("async", 0.2) as slow:
        run = measure(tmp_path, quick, slow, TURNS="3", MIX="dashboard=1", **TURNS_ALONE)
    lengths = [run.result(name)["head_to_head"]["dashboard"]["turn_ms"] for name in ("sync", "async")]
    assert lengths[1] >= 300
    assert lengths[0] < lengths[1] / 2
    assert not [batch for batch in run.result("async")["turns"]["dashboard"] if batch["failed"]]


def test_requests_that_reach_over_their_turns_are_said_with_the_cure(tmp_path: Path) -> None:
    answered = 0

    def stall(_path: str, _answer: Answer) -> None:
        nonlocal answered
        answered += 1
        # After the warm-up, by which turns are as long as they are, and for all visitors at once.
        if answered % 300 >= 270:
            time.sleep(0.15)

    with KnownService("sync", 0.001) as sync, KnownService("async", 0.001, spoil=stall) as other:
        run = measure(tmp_path, sync, other, TURNS="3", MIX="dashboard=1", **TURNS_ALONE)
    assert run.status == 0
    assert "Turns could not be kept in dashboard" in run.printed
    reasons = [batch["void"] for batch in run.result("async")["turns"]["dashboard"]]
    assert any("reach over" in reason for reason in reasons if reason)
