"""`python -m loadtests.capacity` on servers of known capacity."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compose.local import Stack
from loadtests.capacity.asked import Asked, read_asked
from loadtests.capacity.course import capacity_of, next_load
from loadtests.capacity.document import Document, Step
from loadtests.capacity.objectives import broken, read_objectives
from loadtests.capacity.steps import Load, judged
from loadtests.plan import UnusableInput
from loadtests.results_schema import Result
from loadtests.server_schema import Core
from tests.k6_runs import combinations_file
from tests.known_service import KnownService
from tests.simulated_results import document

pytestmark = pytest.mark.alone

PLACES, SERVICE_S = 4, 0.04
CAPACITY = PLACES / SERVICE_S
TIMEOUT_S = 110
FEW_STEPS = {
    "MIX": "products=1",
    "OBJECTIVES": "products=250",
    "STEP": "1",
    "WARM_UP": "0.5",
    "FIRST": "60",
    "RESOLUTION": "25",
    "CONCURRENCY": "8",
    "PREDICT": "8",
}
OBJECTIVES = {"products": 100.0}
MIX = {"products": 1.0}


def asked(**changes: Any) -> Asked:
    preset = Asked(OBJECTIVES, 8, 2, 50, 20_000, 0.05, 1, (1, 2, 3, 4, 6, 8), (5,), MIX, "products=1")
    return preset._replace(**changes)


def result(load: Load, late: int = 0, cpu: float = 0.5, k6: float = 0.2, **changes: Any) -> Result:
    """What k6 and the runner would write of a load, with single figures changed."""
    rate = load.rate or 40 * (load.visitors or 1) / (1 + 0.2 * ((load.visitors or 1) - 1))
    requests = round(rate * load.seconds)
    content = document("sync", requests=requests, duration_s=load.seconds, throughput_rps=rate, **changes)
    route = {"requests": requests, "failed": 0, "late": late, "latency_ms": content["latency_ms"]}
    programs = {name: {"cpu_s": share * load.seconds} for name, share in (("service", cpu), ("k6", k6))}
    content |= {"routes": {"products": route}, "rate_rps": load.rate}
    content["server"] = {"programs": programs, "cores": {"service": 1, "k6": 1}}
    return msgspec.convert(content, Result)


def simulated(capacity: float, **changes: Any) -> tuple[list[Step], Asked]:
    """All steps of a combination whose answers are late beyond a rate, where its core is full."""
    wanted, steps = asked(**changes), list[Step]()
    while load := next_load(steps, wanted):
        over = load.rate is not None and load.rate > capacity
        one = result(load, late=10_000 if over else 0, cpu=1.0 if over else 0.5)
        steps.append(judged(one, len(steps) + 1, load, OBJECTIVES))
        assert len(steps) < 60
    return steps, wanted


def test_a_combination_is_warmed_searched_confirmed_and_then_asked_in_a_closed_loop() -> None:
    steps, wanted = simulated(700)
    parts = list(dict.fromkeys(step.part for step in steps))
    assert parts == ["warm-up", "search", "confirm", "concurrency"]
    found = capacity_of("sync", steps, wanted, 1)
    assert found.confirmed
    assert found.rate_rps is not None
    assert 700 / 1.06 < found.rate_rps <= 700
    assert found.limited_by == "service CPU, 100% of its cores"
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


def test_a_step_that_broke_with_no_core_full_is_taken_once_more() -> None:
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


def test_a_step_that_broke_while_k6_was_the_busiest_is_void_and_says_so() -> None:
    load = Load("search", 8, 2, 500)
    step = judged(result(load, late=10_000, cpu=0.4, k6=0.97), 1, load, OBJECTIVES)
    assert step.outcome == "void"
    assert "load generator" in step.reasons[-1]
    held = judged(result(load, cpu=0.4, k6=0.97), 1, load, OBJECTIVES)
    assert held.outcome == "held"


def test_a_step_in_which_other_programs_had_the_cores_is_void_and_taken_once_more() -> None:
    load = Load("search", 8, 2, 50)
    one = result(load, late=10_000, cpu=0.3)
    assert one.server is not None
    busy = {core: Core(busy=0.9) for core in ("0", "1")}
    crowded = msgspec.structs.replace(one, server=msgspec.structs.replace(one.server, core_use=busy))
    step = judged(crowded, 2, load, OBJECTIVES)
    assert step.outcome == "void"
    assert step.reasons[-1] == "programs besides the stack's kept 1.3 cores busy"
    warm = judged(result(Load("warm-up", 8, 2, 50)), 1, Load("warm-up", 8, 2, 50), OBJECTIVES)
    again = next_load([warm, step], asked())
    assert again is not None
    assert again.rate == 50


def test_the_law_is_fitted_and_its_prediction_compared() -> None:
    steps, wanted = simulated(700)
    found = capacity_of("sync", steps, wanted, 1)
    assert found.usl is not None
    assert found.usl.refused is None
    assert found.usl.parameters["sigma"].value == pytest.approx(0.2, abs=0.01)
    assert [one.concurrency for one in found.predictions] == [5]
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


@pytest.mark.parametrize("text", ["product", "product=", "product=0", "=5", "product=99999"])
def test_objectives_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(UnusableInput, match="OBJECTIVES="):
        read_objectives(text)


@pytest.mark.parametrize("words", [["--step", "0"], ["--resolution", "x"], ["--objectives", "order=5"]])
def test_options_that_cannot_be_used_are_refused(words: list[str]) -> None:
    with pytest.raises(UnusableInput):
        read_asked(words)


def command(path: Path, results: Path, **variables: str) -> "subprocess.Popen[str]":
    words = ["--profile", "capacity", "--stack", "none", "--combinations", str(path), "--results", str(results)]
    return subprocess.Popen(
        [sys.executable, "-m", "loadtests.run", *words],
        env={**os.environ, **FEW_STEPS, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_rate_that_is_found_is_the_known_capacity_of_a_server(tmp_path: Path) -> None:
    with KnownService("sync", SERVICE_S, places=PLACES) as service:
        path = combinations_file(tmp_path, [service])
        process = command(path, tmp_path / "runs")
        printed, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, progress
    assert "min left" in progress
    file = Path(printed.strip().splitlines()[-1].removeprefix("Results: "))
    found = msgspec.json.decode(file.read_bytes(), type=Document)
    assert found.complete
    (one,) = found.combinations
    assert one.rate_rps is not None
    assert 0.6 * CAPACITY <= one.rate_rps <= 1.02 * CAPACITY
    # Four at once are what it can handle; eight wait for each other.
    (closed,) = [step for step in one.steps if step.concurrency == 8]
    assert closed.throughput_rps == pytest.approx(CAPACITY, rel=0.25)
    assert "Highest rate with p95 at most: products 250 ms" in printed


def test_an_interrupted_run_keeps_every_finished_step(tmp_path: Path) -> None:
    with KnownService("sync", SERVICE_S, places=PLACES) as service:
        process = command(combinations_file(tmp_path, [service]), tmp_path / "runs")
        assert process.stderr is not None
        for line in process.stderr:
            if "step 2" in line:
                break
        process.send_signal(signal.SIGTERM)
        _, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert "what was finished is kept" in progress
    (file,) = (tmp_path / "runs").glob("*/capacity.json")
    found = json.loads(file.read_text())
    assert not found["complete"]
    assert [step["part"] for step in found["combinations"][0]["steps"]] == ["warm-up"]


def test_the_real_services_are_measured_where_they_run(stack: Stack, tmp_path: Path) -> None:
    variables = {"MIX": "product=60,products=40", "OBJECTIVES": "product=2000,products=2000", "FIRST": "20"}
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.capacity", "--stack", "none", "--combinations", "sync-cached"],
        env={
            **os.environ,
            **FEW_STEPS,
            **variables,
            "HIGHEST": "40",
            "CONCURRENCY": "none",
            "PORT_BASE": str(stack.options.port_base),
            "RESULTS": str(tmp_path),
            "JSON": str(tmp_path / "also.json"),
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.glob("*/capacity.json")
    (one,) = msgspec.json.decode(file.read_bytes(), type=Document).combinations
    assert one.rate_rps == 40
    assert (tmp_path / "also.json").read_bytes() == file.read_bytes()
    assert one.steps[-1].hit_ratio is not None
    assert "at least 40" in done.stdout
