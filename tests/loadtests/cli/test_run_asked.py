"""What a run is asked for, and what it refuses before it measures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.runner.folders import keep, refuse_other_ledgers, refuse_other_plan
from loadtests.runner.matrix import describe_run
from loadtests.schema import plan
from loadtests.schema.files import LOADTESTS
from loadtests.schema.profiles import read_profiles, writes
from loadtests.targets.k6 import Generator
from tests.support.simulated_results import document, save

TIMEOUT_S = 100


@pytest.mark.parametrize(
    ("profile", "asked", "expected"),
    [
        ("quick", "", False),
        ("mixed", "", True),
        ("mixed", "products=70,revenue=30", False),
        ("quick", "products=1, create_order=1", True),
    ],
)
def test_rows_are_restored_for_loads_that_write(profile: str, asked: str, expected: bool) -> None:
    assert writes(plan.read_mix(asked) or read_profiles()[profile].mix) is expected


def test_the_latest_folder_holds_the_last_run_and_nothing_else(tmp_path: Path) -> None:
    for number, name in enumerate(("first", "second"), 1):
        folder = tmp_path / name
        folder.mkdir()
        save(folder, document("sync", number))
        keep(folder)
    assert [path.name for path in (tmp_path / "latest").iterdir()] == ["sync.round-2.json"]
    assert (tmp_path / "first" / "sync.round-1.json").exists()


def test_a_run_without_a_finished_cell_leaves_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    keep(folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "huge"], "the profiles are origin"),
        (["--stack", "cloud"], "choose one of local"),
        (["--rounds", "0"], "ROUNDS=0: give a whole number from 1"),
        (["--rounds", "many"], "ROUNDS=many"),
        (["--port-base", "70000"], "PORT_BASE=70000"),
        (["--combinations", "sync,rust"], "COMBINATIONS=sync,rust"),
        (["--combinations", "sync,sync"], "once at most"),
        (["--combinations", "missing.json", "--stack", "none"], "is no list of combinations"),
        (["--profile", "sweep", "--resume", "there"], "RESUME=there: PROFILE=sweep cannot go on"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_with_its_cure(arguments: list[str], words: str) -> None:
    with pytest.raises(plan.UnusableInput, match=words):
        plan.read_plan(arguments)


@pytest.mark.parametrize(
    ("module", "profile"),
    [("run", "capacity"), ("run", "sweep"), ("capacity", "capacity"), ("sweep", "sweep")],
)
def test_what_is_measured_in_one_go_is_not_resumed(tmp_path: Path, module: str, profile: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"loadtests.{module}", "--results", str(tmp_path)],
        env={**os.environ, "RESUME": "newest", "PROFILE": profile},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    line = f"{module}: RESUME=newest: PROFILE={profile} cannot go on, start it without RESUME\n"
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (2, line, [])


@pytest.mark.parametrize("name", [name for name in plan.PASSED_ON if name != "ROUTES"])
def test_a_run_is_not_resumed_with_another_setting_of_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked = plan.read_plan([])
    before = describe_run(asked)
    monkeypatch.setenv(name, "0.5")
    words = re.escape(f"was started with load {{}}, this is {{'{name}': '0.5'}}")
    with pytest.raises(plan.UnusableInput, match=words):
        refuse_other_plan(tmp_path, before, describe_run(asked))


@pytest.mark.parametrize(("changed", "old", "new"), [("services", ":1", ":2"), ("routes", '"/"', '"/b"')])
def test_a_run_is_not_resumed_with_another_content_of_ones_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, old: str, new: str
) -> None:
    files = {name: tmp_path / f"{name}.json" for name in ("services", "routes")}
    files["services"].write_text('[{"name": "a", "url": "http://127.0.0.1:1"}]')
    files["routes"].write_text('[{"name": "a", "path": "/"}]')
    monkeypatch.setenv("ROUTES", str(files["routes"]))
    words = ["--combinations", str(files["services"]), "--stack", "none"]
    before = describe_run(plan.read_plan(words))
    files[changed].write_text(files[changed].read_text().replace(old, new))
    with pytest.raises(plan.UnusableInput, match=f"was started with {changed}_sha256"):
        refuse_other_plan(tmp_path, before, describe_run(plan.read_plan(words)))


def test_every_setting_that_the_script_reads_is_given_by_the_run_or_stays_behind() -> None:
    scripts = "".join(path.read_text() for path in (LOADTESTS / "matrix.js", *(LOADTESTS / "lib").glob("*.js")))
    read = set(re.findall(r"__ENV\.(\w+)|(?:wholeNumber|share|seconds|byRoute)\('(\w+)'", scripts))
    by_the_run = {"PROFILE", "COMBINATIONS", "ROUND", "RESULTS", "PORT_BASE"}
    # TARGETS is set in containers alone, and paths that are handed over are whole.
    assert {one or other for one, other in read} == by_the_run | set(plan.PASSED_ON) | {"TARGETS", "PWD"}


def test_k6_has_no_settings_of_its_own_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"K6_RPS": "1", "TARGETS": "compose", "K6_USER": "1:1", "VUS": "8"}.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "log"
    generator = Generator(["env"], {"VUS": "7"}, log)
    generator.wait(TIMEOUT_S)
    seen = set(log.read_text().splitlines())
    # Compose reads who writes the results, and k6 does not.
    assert {"VUS=7", "K6_USER=1:1", "K6_NEW_MACHINE_READABLE_SUMMARY=false"} <= seen
    assert not seen & {"K6_RPS=1", "TARGETS=compose", "VUS=8"}


@pytest.mark.parametrize(("profile", "rounds"), [("smoke", 1), ("quick", 4), ("origin", 4)])
def test_rounds_are_as_many_as_the_profile_needs(profile: str, rounds: int) -> None:
    assert plan.read_plan(["--profile", profile]).rounds == rounds


def test_a_run_whose_ledger_is_another_now_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(plan.UnusableInput, match="backlog of sync was 2048, it is 100 now: start a new run"):
        refuse_other_ledgers(tmp_path, {"sync": {"backlog": "2048"}}, {"sync": {"backlog": "100"}})
