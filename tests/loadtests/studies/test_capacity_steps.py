"""The next step of a capacity search, the judgement of a step, and the result of all steps."""

import io
import re
from typing import Any

import msgspec
import pytest
from rich.console import Console

from loadtests.schema.capacity import Document, Step, Tolerance
from loadtests.schema.result import Result
from loadtests.schema.server import Change, Core
from loadtests.studies.capacity.command import show
from loadtests.studies.capacity.options import Options, broken
from loadtests.studies.capacity.schedule import capacity_of, next_load
from loadtests.studies.capacity.step import Load, judged
from tests.support.simulated_results import document

OBJECTIVES = {"products": 100.0}
MIX = {"products": 1.0}
CHANGED = {"ledger_changes": [Change("session autocommit", "ON", "OFF")]}
BYPASSED = {"counters": {"cache_events_total{event=bypass}": 9.0}}


def asked(**changes: Any) -> Options:
    preset = Options(OBJECTIVES, 8, 2, 50, 20_000, 0.05, 1, (1, 2, 3, 4, 6, 8), (5,), MIX, "products=1")
    return preset._replace(**changes)


def result(load: Load, late: int = 0, cpu: float = 0.5, k6: float = 0.2, **changes: Any) -> Result:
    """The result of a load, with single figures changed."""
    rate = load.rate or 40 * (load.visitors or 1) / (1 + 0.2 * ((load.visitors or 1) - 1))
    requests = round(rate * load.seconds)
    content = document("sync", requests=requests, duration_s=load.seconds, throughput_rps=rate, **changes)
    route = {"requests": requests, "failed": 0, "late": late, "latency_ms": content["latency_ms"]}
    programs = {name: {"cpu_s": share * load.seconds} for name, share in (("service", cpu), ("k6", k6))}
    content |= {"routes": {"products": route}, "rate_rps": load.rate}
    content["server"] = {"programs": programs, "cores": {"service": 1, "k6": 1}}
    return msgspec.convert(content, Result)


def simulated(capacity: float, later: float | None = None, **changes: Any) -> tuple[list[Step], Options]:
    """All steps of a combination whose answers are late beyond a rate, where its core is full; `later` in the second
    pass."""
    wanted, steps = asked(**changes), list[Step]()
    while load := next_load(steps, wanted):
        most = later if later and load.part == "confirm" else capacity
        over = load.rate is not None and load.rate > most
        answer = result(load, late=10_000 if over else 0, cpu=1.0 if over else 0.5)
        steps.append(judged(answer, len(steps) + 1, load, OBJECTIVES))
        assert len(steps) < 60
    return steps, wanted


def test_a_combination_is_warmed_up_searched_confirmed_and_then_measured_in_a_closed_loop() -> None:
    steps, wanted = simulated(700)
    parts = list(dict.fromkeys(step.part for step in steps))
    assert parts == ["warm-up", "search", "confirm", "concurrency"]
    found = capacity_of("sync", steps, wanted, 1)
    assert found.confirmed
    assert found.rate_rps is not None
    assert 700 / 1.06 < found.rate_rps <= 700
    assert re.fullmatch(r"service CPU, 100%.*", found.limited_by)
    assert found.cost is not None
    assert found.cost.rps_per_service_core == pytest.approx(2 * found.rate_rps, rel=0.01)


def test_the_second_pass_may_lower_the_rate() -> None:
    steps, wanted = simulated(700)
    found = capacity_of("sync", steps, wanted, 1).rate_rps
    first = [step for step in steps if step.part in ("warm-up", "search")]
    load = next_load(first, wanted)
    assert load is not None
    assert (load.part, load.rate) == ("confirm", found)
    failed = judged(result(load, late=10_000, cpu=1.0), len(first) + 1, load, OBJECTIVES)
    lower = next_load([*first, failed], wanted)
    assert lower is not None
    assert lower.part == "confirm"
    assert lower.rate is not None
    assert lower.rate < (load.rate or 0)


def test_a_lower_rate_has_to_pass_twice_too() -> None:
    steps, wanted = simulated(700, later=660)
    second = [(step.rate_rps, step.outcome) for step in steps if step.part == "confirm"]
    lower = second[-1][0]
    assert second[0][1] == "broken"
    assert second[-2:] == [(lower, "held")] * 2
    assert capacity_of("sync", steps, wanted, 1).rate_rps == lower
    once = [step for step in steps if step.part in ("warm-up", "search", "confirm")][:-1]
    assert capacity_of("sync", once, wanted, 1).rate_rps is None


def test_a_second_pass_is_repeated_after_one_stall_only() -> None:
    wanted = asked(resolution=1.0, highest=50)
    warm, low, twice = Load("warm-up", 8, 2, 50), Load("search", 8, 2, 50), Load("confirm", 16, 2, 50)
    steps = [judged(result(load), 1, load, OBJECTIVES) for load in (warm, low)]
    stalled = judged(result(twice, late=10_000, cpu=0.3), 3, twice, OBJECTIVES)
    again = next_load([*steps, stalled], wanted)
    assert again is not None
    assert (again.part, again.rate) == ("confirm", 50)
    lower = next_load([*steps, stalled, stalled], wanted)
    assert lower is not None
    assert (lower.part, lower.rate) == ("confirm", 1)


def test_a_step_that_failed_without_a_full_core_is_repeated_once() -> None:
    wanted = asked()
    warm = judged(result(Load("warm-up", 8, 2, 50)), 1, Load("warm-up", 8, 2, 50), OBJECTIVES)
    load = Load("search", 8, 2, 50)
    stalled = judged(result(load, late=10_000, cpu=0.3), 2, load, OBJECTIVES)
    again = next_load([warm, stalled], wanted)
    assert again is not None
    assert again.rate == 50
    after = next_load([warm, stalled, stalled], wanted)
    assert after is not None
    assert after.rate == 25


def test_a_step_that_failed_while_k6_was_the_busiest_is_void_with_the_reason() -> None:
    load = Load("search", 8, 2, 500)
    step = judged(result(load, late=10_000, cpu=0.4, k6=0.97), 1, load, OBJECTIVES)
    assert step.outcome == "void"
    assert "load generator" in step.reasons[-1]
    held = judged(result(load, cpu=0.4, k6=0.97), 1, load, OBJECTIVES)
    assert held.outcome == "held"


def test_a_step_with_other_programs_on_the_cores_is_void_and_repeated_once() -> None:
    load = Load("search", 8, 2, 50)
    answer = result(load, late=10_000, cpu=0.3)
    assert answer.server is not None
    busy = {core: Core(busy=0.9) for core in ("0", "1")}
    crowded = msgspec.structs.replace(answer, server=msgspec.structs.replace(answer.server, core_use=busy))
    step = judged(crowded, 2, load, OBJECTIVES)
    assert step.outcome == "void"
    assert " 1.3 cores" in step.reasons[-1]
    warm = judged(result(Load("warm-up", 8, 2, 50)), 1, Load("warm-up", 8, 2, 50), OBJECTIVES)
    again = next_load([warm, step], asked())
    assert again is not None
    assert again.rate == 50


def spoilt(load: Load, server: dict[str, Any], late: int = 0) -> Step:
    """A step that meets every objective unless answers are late, with single figures of the server's side changed."""
    answer = result(load, late)
    assert answer.server is not None
    return judged(
        msgspec.structs.replace(answer, server=msgspec.structs.replace(answer.server, **server)), 2, load, OBJECTIVES
    )


@pytest.mark.parametrize(
    ("server", "reason"),
    [
        (CHANGED, "session autocommit was ON, then OFF"),
        (BYPASSED, "Redis was bypassed or refused 9 times"),
    ],
)
def test_a_step_that_passed_with_another_ledger_or_without_its_cache_is_void_and_repeated_once(
    server: dict[str, Any], reason: str
) -> None:
    step = spoilt(Load("search", 8, 2, 50), server)
    assert (step.outcome, step.void) == ("void", [reason])
    assert spoilt(Load("concurrency", 4, 1, visitors=8), server).outcome == "void"
    warm = judged(result(Load("warm-up", 8, 2, 50)), 1, Load("warm-up", 8, 2, 50), OBJECTIVES)
    again = next_load([warm, step], asked())
    assert again is not None
    assert again.rate == 50
    after = next_load([warm, step, step], asked())
    assert after is not None
    assert after.rate == 25


def test_a_step_that_passed_with_one_bypass_in_a_hundred_requests_is_valid() -> None:
    few = {"counters": {"cache_events_total{event=refused}": 4.0}}
    assert spoilt(Load("search", 8, 2, 50), few).outcome == "held"


def test_a_step_that_failed_and_bypassed_redis_is_failed_with_the_reason() -> None:
    step = spoilt(Load("search", 8, 2, 50), BYPASSED, late=400)
    assert (step.outcome, step.void) == ("broken", [])
    assert " 9 times" in step.reasons[-1]
    assert spoilt(Load("search", 8, 2, 50), CHANGED, late=400).outcome == "void"


def test_a_capacity_below_a_void_step_is_a_lower_bound_with_the_reason() -> None:
    warm, low, twice = Load("warm-up", 8, 2, 50), Load("search", 8, 2, 50), Load("confirm", 16, 2, 50)
    steps = [judged(result(load), 1, load, OBJECTIVES) for load in (warm, low, twice)]
    steps[2:2] = [spoilt(Load("search", 8, 2, 51), CHANGED)] * 2
    found = capacity_of("sync", steps, asked(fitted=(), predicted=()), 1)
    assert found.rate_rps == 50
    assert found.limited_by == "waiting: no core was full (service 50%); void: session autocommit was ON, then OFF"
    console = Console(width=200, record=True, file=io.StringIO())
    show(Document(1, "capacity", "", "", True, OBJECTIVES, MIX, "", 0.05, 8, [found], {}), console)
    printed = console.export_text()
    assert "at least 50" in printed
    assert "void: 51/s: session autocommit was ON, then OFF" in printed


def test_the_law_is_fitted_and_its_prediction_compared() -> None:
    steps, wanted = simulated(700)
    found = capacity_of("sync", steps, wanted, 1)
    assert found.usl is not None
    assert found.usl.refused is None
    assert found.usl.parameters["sigma"].value == pytest.approx(0.2, abs=0.01)
    assert [prediction.concurrency for prediction in found.predictions] == [5]
    assert 5 not in found.usl.fitted


@pytest.mark.parametrize(
    ("changes", "late", "words"),
    [
        ({"failed": 2}, 0, "2 of 400 requests failed"),
        ({"dropped_iterations": 7}, 0, "7 requests were due and dropped"),
        ({}, 21, "products: 21 of 400 answers took over 100 ms"),
        ({}, 20, ""),
    ],
)
def test_failures_drops_and_late_answers_break_an_objective(changes: dict[str, int], late: int, words: str) -> None:
    faults = broken(result(Load("search", 8, 2, 50), late=late, **changes), OBJECTIVES)
    assert (faults[0] if faults else "").startswith(words)
    assert bool(faults) is bool(words)


@pytest.mark.parametrize(("failed", "dropped", "held"), [(4, 4, True), (5, 0, False), (0, 5, False)])
def test_the_tolerated_shares_may_fail_and_be_dropped(failed: int, dropped: int, held: bool) -> None:
    answer = result(Load("search", 8, 2, 50), failed=failed, dropped_iterations=dropped)
    assert (broken(answer, OBJECTIVES, Tolerance(failed=0.01, dropped=0.01)) == []) is held
