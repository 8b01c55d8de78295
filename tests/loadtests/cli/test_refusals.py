"""Unusable settings are refused in one line, with name and value, before anything starts."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.cli.main import COMMANDS, main
from loadtests.schema.files import ROOT
from loadtests.schema.load import JOURNEYS

TIMEOUT_S = 60
SERVICES = [{"name": "mine", "url": "http://127.0.0.1:1"}]

WRONG = [
    ("PROFILE", "huge"),
    ("ROUNDS", "0"),
    ("ROUNDS", "many"),
    ("STACK", "cloud"),
    ("PORT_BASE", "70000"),
    ("PORT_BASE", "none"),
    ("WORKERS", "0"),
    ("WORKERS", "65"),
    ("SCALE", "0"),
    ("COMBINATIONS", "sync,rust"),
    ("COMBINATIONS", "sync,sync"),
    ("COMBINATIONS", "nowhere.json"),
    ("COMBINATIONS", "README.md,"),
    ("TURNS", "long"),
    ("VUS", "abc"),
    ("VUS", "0"),
    ("VUS", "1000000"),
    ("THINK", "long"),
    ("THINK", "-1"),
    ("DURATION", "abc"),
    ("DURATION", "0"),
    ("DURATION", "2x"),
    ("WARM_UP", "soon"),
    ("MIX", "foo=1"),
    ("MIX", "products"),
    ("MIX", "products=0"),
    ("MIX", "toString=1"),
    ("LIMITS", "products=fast"),
    ("RATE", "1.5"),
    ("HIT_RATIO", "2"),
    ("SERVICE_HOST", "a b"),
    ("SERVICE_HOST", "192.0.2.5"),
    ("ALLOW_HOSTS", "a,,b"),
    ("ROUTES", "nowhere.json"),
]
# Variables of the local stack that are no options.
STACK = [("SERVICE_CPUS", "x"), ("OTHER_CPUS", "1-")]
SERVICES_OWN = [
    ("POOL", "abc"),
    ("IN_FLIGHT", "0"),
    ("CACHE_LIFETIME", "-1"),
    ("FANOUT", "both"),
    ("READ_TIMEOUT", "0.1"),
]


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for runs that begin."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("RESULTS", str(folder))
    return folder


def refused(words: list[str], results: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The error line; a run that begins first prints its results folder."""
    assert main(words) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert not results.exists() or list(results.iterdir()) == []
    return printed.err


@pytest.mark.parametrize(("name", "value"), [*WRONG, *STACK])
def test_a_run_refuses_a_variable_before_it_begins(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert f"{name}={value}" in refused(["run"], results, capsys)


@pytest.mark.parametrize("command", ["run", "capacity", "faults"])
@pytest.mark.parametrize(("name", "value"), SERVICES_OWN)
def test_a_setting_of_the_services_is_refused_before_one_is_started(
    results: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert name in refused([command], results, capsys)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_an_option_is_checked_as_its_variable_is(
    results: Path, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    option = f"--{name.lower().replace('_', '-')}"
    assert f"{name}={value}" in refused(["run", f"{option}={value}"], results, capsys)


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        ("capacity", "STEP", "0"),
        ("capacity", "OBJECTIVES", "product=0"),
        ("capacity", "OBJECTIVES", "order=5"),
        ("capacity", "CONCURRENCY", "1,x"),
        ("capacity", "LAW_MIX", "product"),
        ("capacity", "LAW_MIX", "foo=1"),
        ("capacity", "FIRST", "20001"),
        ("capacity", "MIX", "foo=1"),
        ("capacity", "MAY_FAIL", "51"),
        ("capacity", "JSON", "nowhere/capacity.json"),
        ("sweep", "MINUTES", "x"),
        ("sweep", "MINUTES", "1"),
        ("sweep", "FACTORS", "wind"),
        ("sweep", "STACK", "none"),
        ("sweep", "COMBINATIONS", "sync"),
        ("faults", "ONLY", "redis-melted"),
        ("faults", "COMBINATIONS", "rust"),
        ("faults", "PORT_BASE", "x"),
        ("staleness", "READS", "many"),
        ("staleness", "WORKERS", "0"),
        ("selfcheck", "RUNS", "0"),
        ("selfcheck", "TURNS", "x"),
        ("selfcheck", "PORT_BASE", "0"),
        ("selfcheck", "RESULTS", "README.md"),
        ("simulate", "RUNS", "0"),
        ("selfcheck", "SERVICE_CPUS", "x"),
        ("faults", "OTHER_CPUS", "x"),
        ("ceiling", "SERVICE_CPUS", "x"),
        ("ceiling", "STARTS", "x"),
        ("ceiling", "JSON", "."),
    ],
)
def test_every_command_refuses_unusable_input(
    results: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    line = refused([command], results, capsys)
    assert line.startswith(f"{command}: ")
    assert f"{name}={value}" in line


@pytest.mark.parametrize("profile", ["capacity", "sweep"])
def test_a_study_started_by_its_profile_is_checked_too(
    results: Path, capsys: pytest.CaptureFixture[str], profile: str
) -> None:
    assert "MIX=foo=1" in refused(["run", "--profile", profile, "--mix", "foo=1"], results, capsys)


@pytest.mark.parametrize(("profile", "name"), [("capacity", "GENERATORS"), ("sweep", "ROUNDS"), ("sweep", "THINK")])
def test_a_study_refuses_a_variable_that_it_does_not_have(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], profile: str, name: str
) -> None:
    monkeypatch.setenv("PROFILE", profile)
    monkeypatch.setenv(name, "2")
    assert f"{name}=2" in refused(["run"], results, capsys)


@pytest.mark.parametrize(
    "route",
    [
        {"name": "a"},
        {"name": "a b", "path": "/"},
        {"name": "a", "path": "b"},
        {"name": "a", "path": "/", "method": "BREW"},
        {"name": "a", "path": "/", "weight": 0},
        {"name": "a", "path": "/", "status": 99},
        {"name": "a", "path": "/", "colour": "red"},
        {"name": "a", "path": "/{id}"},
        {"name": "a", "path": "/", "body": {"id": "{id}"}},
        {"name": "a", "path": "/{id}", "keys": {"id": []}},
        {"name": "a", "path": "/{id}", "keys": {"id": {"from": 2, "to": 1}}},
        {"name": "a", "path": "/{id}", "keys": {"id": {"from": 1, "to": 2000000}}},
    ],
)
def test_a_users_routes_are_checked_before_a_run(
    tmp_path: Path, results: Path, capsys: pytest.CaptureFixture[str], route: dict[str, Any]
) -> None:
    words = own(tmp_path, [route])
    assert f"ROUTES={tmp_path}/routes.json" in refused(words, results, capsys)


def test_a_mix_is_checked_against_the_users_routes(
    tmp_path: Path, results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    routes: list[dict[str, Any]] = [{"name": "a", "path": "/{id}", "keys": {"id": [1, 2]}}, {"name": "b", "path": "/"}]
    assert "MIX=products=1: the routes are a, b" in refused(
        [*own(tmp_path, routes), "--mix", "products=1"], results, capsys
    )


def own(folder: Path, routes: list[dict[str, Any]]) -> list[str]:
    """The words of a run with a user's services and routes."""
    (folder / "mine.json").write_text(json.dumps(SERVICES))
    (folder / "routes.json").write_text(json.dumps(routes))
    files = ["--combinations", str(folder / "mine.json"), "--routes", str(folder / "routes.json")]
    return ["run", "--stack", "none", *files]


@pytest.mark.parametrize(
    "words", [["walk"], ["run", "--fast"], ["compare", "a", "b"], ["compare", "nowhere"], ["compare", "--beside", "a"]]
)
def test_an_unknown_command_or_option_gives_one_line(
    results: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    refused(words, results, capsys)


@pytest.mark.parametrize("module", [["loadtests", "run"], ["loadtests.run"]])
def test_a_process_ends_with_the_line_and_its_status(tmp_path: Path, module: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *module],
        env={**os.environ, "VUS": "abc"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"run: VUS=abc: .* 1 .* 999999\n", done.stderr)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_has_a_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([*command.split(), "--help"]) == 0
    assert "python -m loadtests" in capsys.readouterr().out


def test_the_journeys_are_those_of_the_script() -> None:
    script = (ROOT / "loadtests" / "lib" / "journeys.js").read_text()
    table = script[script.index("export const ROUTES = {") :].splitlines()[1:]
    named = [line.split(":")[0].strip(" ,") for line in table if line.startswith("  ")]
    assert named == list(JOURNEYS)


@pytest.mark.parametrize(("words", "expected"), [("matrix run --profile sm", "smoke"), ("matrix sta", "staleness")])
def test_a_shell_completes_commands_and_values(words: str, expected: str) -> None:
    given = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_MATRIX_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [ROOT / "tools" / "matrix"],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    assert expected in done.stdout


def test_a_shell_completes_no_other_program() -> None:
    script = 'eval "$(_MATRIX_COMPLETE=bash_source tools/matrix)"; complete -p'
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["matrix"]
