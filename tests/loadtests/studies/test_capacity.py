"""`python -m loadtests capacity` on servers of known capacity."""

import json
import os
import re
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click import UsageError

from compose.local.stack import Stack
from loadtests.cli.main import main
from loadtests.observe.ledger import read_ledger
from loadtests.runner.environment import describe_checkout
from loadtests.schema.capacity import Document
from loadtests.schema.settings import UnusableInput
from loadtests.studies.capacity import command as measuring
from loadtests.studies.capacity.options import read_objectives
from loadtests.studies.capacity.step import Load, Stepper
from loadtests.targets.local import LocalTarget
from tests.support.command_line import read_capacity
from tests.support.k6_runs import combinations_file
from tests.support.known_service import KnownService
from tests.support.stacks import target_of
from tests.support.unsettled import PROGRAM, REPLACED, settling

pytestmark = pytest.mark.usefixtures("servers", "k6")

PLACES, SERVICE_S = 4, 0.04
CAPACITY = PLACES / SERVICE_S
TIMEOUT_S = 110
FEW_STEPS = {
    "MIX": "products=1",
    "OBJECTIVES": "products=250",
    "STEP": "1",
    "WARM_UP": "0.5",
    "FIRST": "60",
    "RESOLUTION": "45",
    "CONCURRENCY": "8",
    "PREDICT": "8",
}


@pytest.mark.parametrize("text", ["product", "product=", "product=0", "=5", "product=99999"])
def test_objectives_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(UnusableInput, match="OBJECTIVES="):
        read_objectives("OBJECTIVES", text)


@pytest.mark.parametrize(
    "words", [["--step", "0"], ["--resolution", "x"], ["--objectives", "order=5"], ["--may-fail", "51"]]
)
def test_options_that_cannot_be_used_are_refused(words: list[str]) -> None:
    with pytest.raises((UnusableInput, UsageError)):
        read_capacity(*words)


def command(path: Path, results: Path, **variables: str) -> "subprocess.Popen[str]":
    words = ["--profile", "capacity", "--stack", "none", "--combinations", str(path), "--results", str(results)]
    return subprocess.Popen(
        [*PROGRAM, "run", *words],
        env={**os.environ, **FEW_STEPS, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.timed
def test_the_rate_that_is_found_is_the_known_capacity_of_a_server(tmp_path: Path) -> None:
    with KnownService("sync", SERVICE_S, places=PLACES) as service:
        path = combinations_file(tmp_path, [service])
        process = command(path, tmp_path / "runs")
        printed, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, progress
    assert " s left" in progress
    file = Path(printed.strip().splitlines()[-1].removeprefix("Results: "))
    found = msgspec.json.decode(file.read_bytes(), type=Document)
    assert found.complete
    (capacity,) = found.combinations
    assert capacity.rate_rps is not None
    assert 0.6 * CAPACITY <= capacity.rate_rps <= 1.02 * CAPACITY
    # Four at once are what it can handle; eight wait for each other.
    (closed,) = [step for step in capacity.steps if step.concurrency == 8]
    assert closed.throughput_rps == pytest.approx(CAPACITY, rel=0.25)
    assert "products 250 ms" in printed


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
    assert "kept" in progress
    (file,) = (tmp_path / "runs").glob("*/capacity.json")
    found = json.loads(file.read_text())
    assert not found["complete"]
    assert [step["part"] for step in found["combinations"][0]["steps"]] == ["warm-up"]


@pytest.mark.timed
def test_the_real_services_are_measured_where_they_run(stack: Stack, tmp_path: Path) -> None:
    variables = {"MIX": "product=60,products=40", "OBJECTIVES": "product=2000,products=2000", "FIRST": "40"}
    done = subprocess.run(
        [*PROGRAM, "capacity", "--stack", "none", "--combinations", "sync-cached"],
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
    found = msgspec.json.decode(file.read_bytes(), type=Document)
    (capacity,) = found.combinations
    assert capacity.rate_rps == 40
    assert found.run["ledger"]["sync-cached"]["server"] == "gunicorn"
    assert found.run.items() >= describe_checkout().items()
    assert done.stderr.count("entries are alike") == 1
    assert (tmp_path / "also.json").read_bytes() == file.read_bytes()
    assert capacity.steps[-1].hit_ratio is not None
    assert "at least 40" in done.stdout


def test_a_step_is_held_against_the_ledger_that_the_run_began_with(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(REPLACED, settling)
    words = ["--combinations", "sync", "--port-base", str(stack.options.port_base), "--objectives", "product=2000"]
    wanted, plan = read_capacity(*words)
    with closing(LocalTarget(stack)) as target:
        began = read_ledger(target, "sync")
        otherwise = {**began, "session autocommit": "OFF", "database connections": "31"}
        load = Load("search", 1, 0.5, rate=20)
        same, other = (
            Stepper(target, plan, tmp_path, wanted, {"sync": ledger}).take("sync", 1, load)
            for ledger in (began, otherwise)
        )
    assert [reason for reason in same.void if ", then " in reason] == []
    assert "session autocommit was OFF, then ON" in other.void


def test_twins_that_differ_without_a_reason_stop_the_run_before_it_measures(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measuring, "TARGETS", {"local": target_of(stack)})
    words = ["--combinations", "sync,async", "--results", str(tmp_path), "--port-base", str(stack.options.port_base)]
    stack.service("async").restart({"KEEP_ALIVE": "5"})
    try:
        assert main(["capacity", *words]) == 1
    finally:
        stack.service("async").restart()
    said = capsys.readouterr().err
    assert re.search("keep-alive time, s: sync .*75, async .*5", said)
    assert list(tmp_path.iterdir()) == []
