"""Runs against services that already run."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from loadtests.runner.starts import UNJUDGED
from loadtests.schema.exit_status import EFFECT_MISSING, NOTHING_COUNTS
from tests.support.known_service import KnownService
from tests.support.simulated_results import COMBINATIONS
from tests.support.unsettled import PROGRAM
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("servers", "k6")

TIMEOUT_S = 100


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Path]:
    """Four services that answer under their names, and the file with their addresses."""
    with ExitStack() as stack:
        caches = {True: "hit", False: "off"}
        running = [
            stack.enter_context(KnownService(name, 0.002, cache=caches[name.endswith("cached")]))
            for name in COMBINATIONS
        ]
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
        [*PROGRAM, "run", *words, "--combinations", str(combinations)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def started(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    assert any(words in line for line in process.stderr)


def test_a_run_measures_all_in_each_start_and_prints_the_table_and_the_folder(services: Path, tmp_path: Path) -> None:
    process = start(services, tmp_path / "runs", DURATION="1", WARM_UP="0.5", TURNS="4")
    printed, progress = process.communicate(timeout=TIMEOUT_S)
    # With answers of 2 ms k6 must not wait for a core: on a busy machine any start may be void.
    assert process.returncode in (0, NOTHING_COUNTS, EFFECT_MISSING), progress
    assert "start 1 of 1: turns of product" in progress
    assert "start 1 of 1: async-cached" in progress
    assert "avg ms" in printed
    folder = Path(printed.strip().splitlines()[-1].removeprefix("Results: "))
    result = json.loads((folder / "async.round-1.json").read_text())
    assert result["server"]["programs"]["k6"]["cpu_s"] > 0
    assert {name: len(batches) for name, batches in result["turns"].items()} == dict.fromkeys(
        result["head_to_head"], 10
    )
    described = json.loads((folder / "run.json").read_text())
    load = {"WARM_UP": "0.5", "DURATION": "1", "TURNS": "4"}
    assert (described["load"], result["warm_up_s"], described["finished"]) == (load, 0.5, True)
    # The head to head and four loads.
    assert 4 + 4 * 1.5 < described["measured_s"] < TIMEOUT_S
    assert not (folder / UNJUDGED).exists()
    assert described["versions"]["k6"] == result["k6"]["version"]
    assert all(described[name] == result[name] for name in ("run_id", "host", "commit", "versions"))
    assert (tmp_path / "runs" / "latest" / "sync.round-1.json").exists()
    for place in (folder, tmp_path / "runs" / "latest"):
        assert {"comparison.json", "report.html", "report.md"} <= {path.name for path in place.iterdir()}


def test_an_interrupted_run_keeps_and_compares_its_finished_starts_and_leaves_no_k6(
    services: Path, tmp_path: Path
) -> None:
    process = start(services, tmp_path / "runs", DURATION="1", TURNS="0", ROUNDS="3")
    started(process, "start 2 of 3: sync")
    process.send_signal(signal.SIGTERM)
    printed, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert "interrupted" in progress
    assert "kept" in progress
    assert "1 of 3 planned" in printed
    kept = {path.name for path in (tmp_path / "runs" / "latest").glob("*.round-*.json")}
    assert kept == {f"{name}.round-1.json" for name in COMBINATIONS}
    mine = [entry for entry in Path("/proc").glob("[0-9]*/environ") if _holds(entry, tmp_path)]
    assert mine == []


def test_a_run_interrupted_in_its_first_start_leaves_nothing(services: Path, tmp_path: Path) -> None:
    process = start(services, tmp_path / "runs", DURATION="1", TURNS="0")
    started(process, "start 1 of 1: sync")
    process.send_signal(signal.SIGINT)
    _, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert "compared" not in progress
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_killed_before_judging_k6s_files_has_no_such_start(services: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    process = start(services, runs, DURATION="1", TURNS="0")
    wait_until(lambda: "is measured from" in "".join(log.read_text() for log in runs.glob("*/*.k6.log")), "k6 measures")
    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: len(list(runs.rglob("*.round-1.json"))) == len(COMBINATIONS), "k6 has written its files")
    process.kill()
    process.communicate(timeout=TIMEOUT_S)
    (folder,) = [path.parent for path in runs.glob("2*/run.json")]
    assert [path.name for path in folder.glob("*.json")] == ["run.json"]


def _holds(environ: Path, folder: Path) -> bool:
    try:
        return f"RESULTS={folder}".encode() in environ.read_bytes()
    except OSError:
        return False


def test_a_missing_service_ends_the_run_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "combinations.json"
    entry = {"name": "sync", "url": "http://127.0.0.1:9", "expect": "sync"}
    path.write_text(json.dumps([entry | {"varies": {"stack": "sync", "cache": False}}]))
    process = start(path, tmp_path / "runs")
    _, progress = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1
    assert "sync at http://127.0.0.1:9/health/ready" in progress
    assert list((tmp_path / "runs").iterdir()) == []
