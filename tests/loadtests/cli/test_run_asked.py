"""What a run is asked for, and what it refuses before it measures."""

import re
from functools import partial
from pathlib import Path

import pytest

from loadtests.runner.folders import keep, refuse_other_ledgers, refuse_other_plan
from loadtests.runner.matrix import describe_run
from loadtests.schema.files import LOADTESTS
from loadtests.schema.plan import make_plan
from loadtests.schema.settings import LOAD, UnusableInput
from loadtests.targets.k6 import Generator
from tests.support.simulated_results import document, save

TIMEOUT_S = 100


@pytest.mark.parametrize(
    ("profile", "mix", "restores"),
    [
        ("quick", "", False),
        ("mixed", "", True),
        ("mixed", "products=70,revenue=30", False),
        ("quick", "products=1, create_order=1", True),
        ("quick", "products=1,create_order=0", False),
    ],
)
def test_rows_are_restored_for_loads_that_write(profile: str, mix: str, restores: bool) -> None:
    assert make_plan(profile, load={"MIX": mix} if mix else {}).restores is restores


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
    ("name", "value"),
    [
        ("VUS", "5"),
        ("THINK", "0.5"),
        ("WARM_UP", "0.5"),
        ("DURATION", "0.5"),
        ("MIX", "product=1"),
        ("RATE", "5"),
        ("LIMITS", "product=5"),
        ("HIT_RATIO", "0.5"),
        ("SERVICE_HOST", "localhost"),
    ],
)
def test_a_run_is_not_resumed_with_another_setting_of_the_load(tmp_path: Path, name: str, value: str) -> None:
    before, now = describe_run(make_plan()), describe_run(make_plan(load={name: value}))
    words = re.escape(f"was started with load {{}}, this is {{'{name}': '{value}'}}")
    with pytest.raises(UnusableInput, match=words):
        refuse_other_plan(tmp_path, before, now)


@pytest.mark.parametrize(("changed", "old", "new"), [("services", ":1", ":2"), ("routes", '"/"', '"/b"')])
def test_a_run_is_not_resumed_with_another_content_of_ones_own_files(
    tmp_path: Path, changed: str, old: str, new: str
) -> None:
    files = {name: tmp_path / f"{name}.json" for name in ("services", "routes")}
    files["services"].write_text('[{"name": "a", "url": "http://127.0.0.1:1"}]')
    files["routes"].write_text('[{"name": "a", "path": "/"}]')
    plan = partial(make_plan, combinations=str(files["services"]), stack="none", load={"ROUTES": str(files["routes"])})
    before = describe_run(plan())
    files[changed].write_text(files[changed].read_text().replace(old, new))
    with pytest.raises(UnusableInput, match=f"was started with {changed}_sha256"):
        refuse_other_plan(tmp_path, before, describe_run(plan()))


def test_every_setting_that_the_script_reads_is_given_by_the_run_or_stays_behind() -> None:
    scripts = "".join(path.read_text() for path in (LOADTESTS / "matrix.js", *(LOADTESTS / "lib").glob("*.js")))
    read = set(re.findall(r"__ENV\.(\w+)|(?:wholeNumber|share|seconds|byRoute)\('(\w+)'", scripts))
    by_the_run = {"PROFILE", "COMBINATIONS", "ROUND", "RESULTS", "PORT_BASE"}
    # TARGETS is set in containers alone, RUN_ID by hand alone, and paths that are handed over are whole.
    assert {one or other for one, other in read} == by_the_run | set(LOAD) | {"TARGETS", "PWD", "RUN_ID"}


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
    assert make_plan(profile).rounds == rounds


def test_a_run_whose_ledger_is_another_now_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="backlog of sync was 2048, it is 100 now: start a new run"):
        refuse_other_ledgers(tmp_path, {"sync": {"backlog": "2048"}}, {"sync": {"backlog": "100"}})
