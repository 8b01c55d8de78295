"""The workflow of the examples: its commands are run as on a runner, except the installation and gh."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from loadtests.schema.files import write_json
from tests.support.k6_summaries import exported, values
from tests.support.own_services import free_port

ROOT: Final = Path(__file__).parents[2]
WORKFLOW: Final = ROOT / "docs" / "examples" / "github-actions.yml"
SERVICE: Final = ROOT / "docs" / "examples" / "own" / "service.py"
TIMEOUT_S: Final = 120
SCRIPT: Final = """
import http from "k6/http";
export const options = { vus: 2, iterations: 40 };
export default function () { http.get(`http://127.0.0.1:${__ENV.PORT}/items/1`); }
"""
GH_WORDS: Final = "pr comment 7 --repo owner/name --body-file comment.md\n"
STAND_INS: Final = {
    "async-rewrite-matrix": f'PYTHONPATH={ROOT} exec {sys.executable} -m loadtests.compare "$@"',
    "gh": 'echo "$@" >>gh.txt',
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A runner's folder, with programs in bin."""
    for name, line in STAND_INS.items():
        program(tmp_path / "bin" / name, line)
    return tmp_path


def program(path: Path, line: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/bash\n{line}\n")
    path.chmod(0o755)


def run(place: Path, names: tuple[str, ...], **environment: str) -> list[int]:
    """The exit statuses of these steps, in order; after a failure only steps with `if: always()` or the like run."""
    job: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    steps = {step["name"]: step for step in job["jobs"]["compare"]["steps"] if "run" in step}
    path = os.pathsep.join((str(place / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    told = {"PATH": path, "GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_REPOSITORY": "owner/name"}
    statuses: list[int] = []
    for step in (steps[name] for name in names):
        if not any(statuses) or "cancelled" in step.get("if", ""):
            own = {name: re.sub(r"\$\{\{.*?\}\}", "7", value) for name, value in step.get("env", {}).items()}
            everything = os.environ | job["env"] | own | told | environment
            statuses.append(status(step["run"], place, everything))
    return statuses


def status(script: str, place: Path, environment: dict[str, str]) -> int:
    """The exit status of a step; no process of it continues."""
    command = ["bash", "-e", "-c", script]
    with subprocess.Popen(command, cwd=place, env=environment, start_new_session=True) as process:
        try:
            return process.wait(TIMEOUT_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_a_quicker_service_is_measured_in_turns_and_passes(place: Path, k6: str) -> None:
    for side, milliseconds in {"before": 40, "after": 10}.items():
        program(place / side / "serve", f'exec {sys.executable} {SERVICE} "$1" {milliseconds}')
    (place / "after" / "latency.js").write_text(SCRIPT)
    assert run(place, ("Measure", "Compare", "Comment"), PORT=str(free_port())) == [0, 0, 0]
    assert (place / "gh.txt").read_text() == GH_WORDS
    measured = {f"{side}.round-{number}.json" for side in ("before", "after") for number in range(1, 5)}
    assert {path.name for path in (place / "results").iterdir()} == measured


@pytest.mark.parametrize(
    ("after_ms", "failed", "expected"),
    [(12.0, 0.0, 0), (24.0, 0.0, 3), (6.0, 0.02, 3)],
    ids=["same", "slower", "failing"],
)
def test_a_slower_or_failing_service_fails_the_job_and_is_commented(
    place: Path, after_ms: float, failed: float, expected: int
) -> None:
    (place / "results").mkdir()
    for name, average, share in (("before", 12.0, 0.0), ("after", after_ms, failed)):
        for number in range(1, 5):
            write_json(place / "results" / f"{name}.round-{number}.json", summary(average * (1 + number / 100), share))
    assert run(place, ("Compare", "Comment")) == [expected, 0]
    assert (place / "summary.md").read_text() == (place / "comment.md").read_text()


def summary(average: float, failed: float) -> dict[str, Any]:
    latency = {"avg": average, "med": average} | {f"p({share})": share / 50 * average for share in (90, 95, 99)}
    many = round(2000 * failed)
    return exported(
        values(http_req_duration=latency, http_req_failed={"rate": failed, "passes": many, "fails": 2000 - many})
    )
