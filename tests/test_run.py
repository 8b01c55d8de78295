"""What a run is asked for, and runs against services that are there already."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from loadtests import plan
from loadtests.cell import UNJUDGED
from loadtests.compare import EVERY_CELL_VOID
from loadtests.generator import Generator
from loadtests.plan import HERE
from loadtests.profiles import read_profiles, writes
from loadtests.result_folders import keep
from loadtests.resume import refuse_other_ledgers, refuse_other_plan
from loadtests.run import describe_run
from tests.known_service import KnownService
from tests.simulated_results import COMBINATIONS, document, save
from tests.waiting import wait_until

pytestmark = pytest.mark.alone

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
    assert writes(read_profiles()[profile].mix, asked) is expected


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
    scripts = "".join(path.read_text() for path in (HERE / "matrix.js", *(HERE / "lib").glob("*.js")))
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


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Path]:
    """Four services that answer under their names, and the file that says where."""
    with ExitStack() as stack:
        running = [stack.enter_context(KnownService(name, 0.002)) for name in COMBINATIONS]
        path = tmp_path / "combinations.json"
        entries = [
            {
                "name": service.name,
                "url": service.url,
                "expect": service.name,
                "varies": {"stack": str(service.name).split("-")[0], "cache": str(service.name).endswith("cached")},
            }
            for service in running
        ]
        path.write_text(json.dumps(entries))
        yield path


def start(combinations: Path, results: Path, **environment: str) -> subprocess.Popen[str]:
    words = ["--profile", "smoke", "--stack", "none", "--results", str(results)]
    return subprocess.Popen(
        [sys.executable, "-m", "loadtests.run", *words, "--combinations", str(combinations)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_run_measures_every_cell_and_ends_with_the_table_and_the_place(services: Path, tmp_path: Path) -> None:
    process = start(services, tmp_path / "runs", DURATION="1", WARM_UP="0.5")
    printed, progress = process.communicate(timeout=TIMEOUT_S)
    # Answers of 2 ms leave k6 no time to wait for a core: on a busy machine every cell may be void, which is told.
    assert process.returncode in (0, EVERY_CELL_VOID), progress
    assert "cell 4 of 4" in progress
    assert "latency avg, ms" in printed
    folder = Path(printed.strip().splitlines()[-1].removeprefix("Results: "))
    result = json.loads((folder / "async.round-1.json").read_text())
    assert result["server"]["programs"]["k6"]["cpu_s"] > 0
    described = json.loads((folder / "run.json").read_text())
    assert (described["load"], result["warm_up_s"]) == ({"WARM_UP": "0.5", "DURATION": "1"}, 0.5)
    assert not (folder / UNJUDGED).exists()
    assert described["versions"]["k6"] == result["k6"]["version"]
    assert (tmp_path / "runs" / "latest" / "sync.round-1.json").exists()
    for place in (folder, tmp_path / "runs" / "latest"):
        assert {"comparison.json", "report.html", "report.md"} <= {path.name for path in place.iterdir()}


def test_an_interrupted_run_keeps_its_finished_cells_and_leaves_no_k6(services: Path, tmp_path: Path) -> None:
    process = start(services, tmp_path / "runs", DURATION="2")
    assert process.stderr is not None
    for line in process.stderr:
        if "cell 2 of 4" in line:
            break
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert "finished cells are kept" in progress
    kept = [path.name for path in (tmp_path / "runs" / "latest").glob("*.round-1.json")]
    assert len(kept) == 1
    mine = [entry for entry in Path("/proc").glob("[0-9]*/environ") if _holds(entry, tmp_path)]
    assert mine == []


def test_an_interrupted_run_goes_on_with_the_cells_that_are_missing(services: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    process = start(services, runs, DURATION="1")
    assert process.stderr is not None
    for line in process.stderr:
        if "cell 2 of 4" in line:
            break
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=TIMEOUT_S)
    (folder,) = [path.parent for path in runs.glob("2*/run.json")]
    (first,) = folder.glob("*.round-1.json")
    measured = first.read_bytes()
    refused = start(services, runs, DURATION="2", RESUME="newest")
    assert (
        "was started with load {'DURATION': '1'}, this is {'DURATION': '2'}"
        in refused.communicate(timeout=TIMEOUT_S)[1]
    )
    assert refused.returncode == 2
    resumed = start(services, runs, DURATION="1", RESUME=str(folder))
    _, progress = resumed.communicate(timeout=TIMEOUT_S)
    assert "cell 3 of 3" in progress
    assert len(list(folder.glob("*.round-1.json"))) == 4
    assert first.read_bytes() == measured
    assert json.loads((folder / "run.json").read_text())["finished"]
    nothing = start(services, runs, RESUME="newest")
    assert "there is no interrupted run" in nothing.communicate(timeout=TIMEOUT_S)[1]


def test_a_run_that_is_killed_before_it_has_judged_what_k6_wrote_has_no_such_cell(
    services: Path, tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    process = start(services, runs, DURATION="1")
    wait_until(lambda: "is measured from" in "".join(log.read_text() for log in runs.glob("*/*.k6.log")), "k6 measures")
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: any(runs.rglob("*.round-1.json")), "k6 has written its file")
    process.kill()
    process.communicate(timeout=TIMEOUT_S)
    (folder,) = [path.parent for path in runs.glob("2*/run.json")]
    assert [path.name for path in folder.glob("*.json")] == ["run.json"]
    resumed = start(services, runs, DURATION="1", RESUME="newest")
    _, progress = resumed.communicate(timeout=TIMEOUT_S)
    assert "cell 4 of 4" in progress
    assert len(list(folder.glob("*.round-1.json"))) == 4


def test_a_run_whose_ledger_is_another_now_is_not_resumed(tmp_path: Path) -> None:
    with pytest.raises(plan.UnusableInput, match="backlog of sync was 2048, it is 100 now: start a new run"):
        refuse_other_ledgers(tmp_path, {"sync": {"backlog": "2048"}}, {"sync": {"backlog": "100"}})


def _holds(environ: Path, folder: Path) -> bool:
    try:
        return f"RESULTS={folder}".encode() in environ.read_bytes()
    except OSError:
        return False


def test_a_service_that_is_not_there_ends_the_run_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "combinations.json"
    entry = {"name": "sync", "url": "http://127.0.0.1:9", "expect": "sync"}
    path.write_text(json.dumps([entry | {"varies": {"stack": "sync", "cache": False}}]))
    process = start(path, tmp_path / "runs")
    _, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1
    assert "sync at http://127.0.0.1:9/health/ready does not answer" in progress
    assert list((tmp_path / "runs").iterdir()) == []
