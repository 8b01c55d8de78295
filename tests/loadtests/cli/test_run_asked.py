"""The plan of a run, and what it refuses before measuring."""

import re
from pathlib import Path

import pytest

from loadtests.runner.folders import keep
from loadtests.schema.files import LOADTESTS
from loadtests.schema.plan import lasting, make_plan
from loadtests.schema.settings import LOAD
from loadtests.targets.k6 import Generator
from tests.support.simulated_results import document, save

TIMEOUT_S = 100


@pytest.mark.parametrize(
    ("profile", "load", "restores"),
    [
        ("quick", {}, True),
        ("quick", {"TURNS": "0"}, False),
        ("quick", {"MIX": "products=70,revenue=30"}, False),
        ("quick", {"MIX": "products=1, create_order=1"}, True),
        ("quick", {"MIX": "products=1,create_order=0"}, False),
        ("mixed", {}, True),
        ("capacity", {}, False),
        ("capacity", {"TURNS": "10"}, True),
    ],
)
def test_rows_are_restored_if_the_load_or_the_head_to_head_writes(
    profile: str, load: dict[str, str], restores: bool
) -> None:
    assert make_plan(profile, load=load).restores is restores


def test_one_combination_has_no_head_to_head_that_writes() -> None:
    assert not make_plan(combinations="sync").restores


@pytest.mark.parametrize(
    ("profile", "load", "lengths", "seconds"),
    [
        ("quick", {}, {"TURNS": "28", "WARM_UP": "1", "DURATION": "2.5"}, 42),
        ("quick", {"DURATION": "1m", "TURNS": "0"}, {"TURNS": "28", "WARM_UP": "1", "DURATION": "2.5"}, 244),
        ("mixed", {}, {"WARM_UP": "5", "DURATION": "30"}, 140),
    ],
)
def test_a_start_lasts_as_long_as_in_its_profile_by_default(
    profile: str, load: dict[str, str], lengths: dict[str, str], seconds: float
) -> None:
    plan = make_plan(profile, load=load)
    assert plan.lengths == lengths
    assert lasting({**plan.lengths, **plan.load}, 4) == seconds


def test_a_group_is_the_four_and_the_variants_of_one_axis() -> None:
    usual, servers = make_plan().names, make_plan(combinations="servers").names
    assert usual == ["sync", "sync-cached", "async", "async-cached"]
    assert servers[:4] == usual
    assert {"sync-granian", "async-granian", "sync-waitress", "async-uvicorn", "async-hypercorn-uvloop"} < set(servers)
    assert make_plan(combinations="sync,sync-granian").names == ["sync", "sync-granian"]


def test_the_naive_group_requests_the_routes_of_naive_code_by_default() -> None:
    plan = make_plan(combinations="naive")
    assert plan.names[4:] == ["naive-sync", "naive-sync-cached", "naive-async", "naive-async-cached"]
    assert plan.mix.keys() == {"products", "product"}
    assert not plan.restores
    assert make_plan(combinations="sync,naive-sync", load={"MIX": "product=1"}).mix == {"product": 1}


def test_more_combinations_get_the_same_number_of_turns_each() -> None:
    plan = make_plan(combinations="servers")
    assert float(plan.lengths["TURNS"]) == float(make_plan().lengths["TURNS"]) * len(plan.names) / 4


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


def test_every_setting_of_the_script_is_passed_by_the_run_or_removed() -> None:
    scripts = "".join(path.read_text() for path in (LOADTESTS / "matrix.js", *(LOADTESTS / "lib").glob("*.js")))
    read = set(re.findall(r"__ENV\.(\w+)|(?:wholeNumber|share|seconds|secondsOrNone|byRoute)\('(\w+)'", scripts))
    by_the_run = {"PROFILE", "COMBINATIONS", "ROUND", "RESULTS", "PORT_BASE", "STACK"}
    # TARGETS and SHARDS are only set in containers, RUN_ID only by hand, and paths are absolute.
    assert {name or other for name, other in read} == by_the_run | set(LOAD) | {"TARGETS", "PWD", "RUN_ID", "SHARDS"}


def test_k6_gets_no_settings_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"K6_RPS": "1", "TARGETS": "compose", "SHARDS": "stdout", "K6_USER": "1:1", "VUS": "8"}.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "log"
    generator = Generator(["env"], {"VUS": "7"}, log)
    generator.wait(TIMEOUT_S)
    seen = set(log.read_text().splitlines())
    # The user that writes results is read by Compose, not by k6.
    assert {"VUS=7", "K6_USER=1:1", "K6_NEW_MACHINE_READABLE_SUMMARY=false"} <= seen
    assert not seen & {"K6_RPS=1", "TARGETS=compose", "SHARDS=stdout", "VUS=8"}


@pytest.mark.parametrize(("profile", "rounds"), [("smoke", 1), ("quick", 4), ("origin", 4), ("mixed", 4)])
def test_the_number_of_starts_is_the_profiles(profile: str, rounds: int) -> None:
    assert make_plan(profile).rounds == rounds
