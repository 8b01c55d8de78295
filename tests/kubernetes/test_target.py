"""`make matrix STACK=kubernetes`, with a stand-in for kubectl and its cluster; the services and k6 are real ones.

Nothing here has run on a cluster.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from loadtests.cli.main import main
from loadtests.schema.files import LOADTESTS
from loadtests.targets import runners
from loadtests.targets.k6 import find_k6
from tests.support.k6_runs import combinations_file
from tests.support.known_service import KnownService
from tests.support.manifests import find_kubectl
from tests.support.unsettled import REPLACED, settling

STAND_IN = Path(__file__).parents[1] / "support" / "kubectl_stand_in.py"
NAMES = ("sync", "async")
SHORT = {"PROFILE": "smoke", "TURNS": "0", "WARM_UP": "0.3", "DURATION": "1", "VUS": "4", "THINK": "0.1"}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The stand-in's folder; its kubectl is the first on PATH."""
    with ExitStack() as stack:
        services = [stack.enter_context(KnownService(name)) for name in NAMES]
        folder = combinations_file(tmp_path, services).parent
        (folder / "services.json").write_text(json.dumps({service.name: service.url for service in services}))
        command = folder / "bin" / "kubectl"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} {STAND_IN} "$@"\n')
        command.chmod(0o755)
        variables = {
            "STAND_IN": str(folder),
            "KUBECTL": find_kubectl(),
            "K6": find_k6(),
            "SCRIPT": str(LOADTESTS / "matrix.js"),
            "STACK": "kubernetes",
            "CONTEXT": "kind-here",
            "COMBINATIONS": ",".join(NAMES),
            "RESULTS": str(tmp_path / "results"),
            **SHORT,
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", str(command.parent), prepend=":")
        monkeypatch.setattr(REPLACED, settling)
        yield folder


@pytest.mark.usefixtures("k6")
@pytest.mark.parametrize("many", [1, 2])
def test_a_run_pools_the_results_in_the_runners_logs(cluster: Path, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setenv("GENERATORS", str(many))
    assert main(["run"]) in (0, 4)
    latest = cluster.parent / "results" / "latest"
    results = [json.loads((latest / f"{name}.round-1.json").read_text()) for name in NAMES]
    assert [(each["requests"] > 20, each.get("generators", 1)) for each in results] == [(True, many)] * 2
    run = json.loads((latest / "run.json").read_text())
    assert (run["stack"], run["versions"]["kubernetes"], set(run["images"])) == ("kubernetes", "v1.35.0", set(NAMES))
    assert run["host"]["cpu"] == "1 nodes: m7i.4xlarge"
    commands = (cluster / "commands").read_text().splitlines()
    assert [line.split()[0] for line in commands].count("delete") == 1
    assert sum(line.startswith("rollout restart") for line in commands) == 2


@pytest.mark.usefixtures("k6")
@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("restarted", "changed while it was measured: on node-1 after 0 restarts, then on node-1 after 1 restarts"),
        ("evicted", "Evicted (The node was low on resource: memory.)"),
        ("cut", "of 2 results: it was cut, so raise containerLogMaxSize"),
    ],
)
def test_a_start_whose_pods_are_replaced_is_void(
    cluster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: str, words: str
) -> None:
    monkeypatch.setenv("GENERATORS", "2")
    monkeypatch.setenv("TROUBLE", trouble)
    assert main(["run"]) == 1
    assert words in " ".join(capsys.readouterr().err.split())
    assert (cluster / "commands").read_text().count("delete testrun") == 1


@pytest.mark.parametrize(
    ("trouble", "status", "words"),
    [
        ("no operator", 2, "install k6-operator 1.6 or newer"),
        ("image", 1, "ImagePullBackOff (Back-off pulling image"),
        ("pending", 1, "FailedScheduling: 0/3 nodes are available: 3 Insufficient cpu."),
        ("seed", 1, "Access denied for user"),
    ],
)
def test_a_cluster_that_is_not_ready_gives_one_line(
    cluster: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    trouble: str,
    status: int,
    words: str,
) -> None:
    monkeypatch.setattr("loadtests.targets.kubernetes.READY_S", 0.1)
    monkeypatch.setenv("TROUBLE", trouble)
    assert main(["run"]) == status
    assert words in capsys.readouterr().err.splitlines()[-1]
    assert not (cluster.parent / "results" / "latest").exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CONTEXT", "", "name the cluster: kind-here, elsewhere"),
        ("CONTEXT", "staging", "name the cluster: kind-here, elsewhere"),
        ("GENERATORS", "5", "4 visitors cannot be shared by so many"),
        ("OVERLAY", "nowhere", "give a folder with a kustomization.yaml"),
        (
            "COMBINATIONS",
            "sync,sync-granian",
            "the overlay has async, async-cached, cache, database, sync, sync-cached",
        ),
        ("WORKERS", "2", "the overlay says so"),
        ("SERVICE_HOST", "192.0.2.5", "add STACK=none"),
    ],
)
def test_unusable_input_is_refused_before_the_cluster_is_touched(
    cluster: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    words: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["run"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert name in line
    assert words in line
    assert not (cluster / "commands").exists() or "apply" not in (cluster / "commands").read_text()


def test_missing_kubectl_is_one_line(
    cluster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (cluster / "bin" / "kubectl").unlink()
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert main(["run"]) == 2
    assert "needs kubectl" in capsys.readouterr().err


def test_a_testrun_contains_no_folder_of_this_machine() -> None:
    template = {"metadata": {}, "spec": {"runner": {"env": [{"name": "SHARDS", "value": "stdout"}]}}}
    filled = runners.filled(template, "start-1", 3, {"RESULTS": "/here", "ROUND": "1", "SHARDS": "stdout"})
    names = [each["name"] for each in filled["spec"]["runner"]["env"]]
    assert (names, filled["spec"]["parallelism"]) == (["SHARDS", "ROUND"], 3)
