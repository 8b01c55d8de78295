"""The wheel: it compares and reports, in an environment with nothing else."""

import json
import re
import subprocess
import sys
import venv
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any, Final
from zipfile import Path as ZipPath
from zipfile import ZipFile

import pytest

ROOT: Final = Path(__file__).parents[2]
LOADTESTS: Final = ROOT / "loadtests"
EXAMPLE: Final = LOADTESTS / "results" / "example"
SUMMARIES: Final = [
    ROOT / "docs" / "examples" / "k6-summaries" / f"{name}.round-1.json" for name in ("before", "after")
]
PACKAGES: Final = ("analysis", "report", "schema", "verdict")
SMALL_PART: Final = (
    *("__init__.py", "combinations.json", "compare.py"),
    *(f"cli/{name}.py" for name in ("__init__", "compare", "earlier", "program")),
)
TIMEOUT_S: Final = 200
IMPORT_ALL: Final = """
import importlib, pkgutil, sys, loadtests
for module in pkgutil.walk_packages(loadtests.__path__, "loadtests."):
    importlib.import_module(module.name)
print(*{name.partition(".")[0] for name in sys.modules})
"""


def pip(*words: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs folder of an environment with the wheel and its dependencies."""
    place = tmp_path_factory.mktemp("empty")
    venv.create(place)
    pip("--python", place / "bin" / "python", "install", "--no-compile", wheel)
    return place / "bin"


def run(folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def test_the_wheel_has_the_judging_and_reporting_modules_and_nothing_else(wheel: Path) -> None:
    held = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = [path for name in PACKAGES for path in (LOADTESTS / name).rglob("*") if path.is_file()]
    ours = {path.relative_to(ROOT).as_posix() for path in (*files, *(LOADTESTS / name for name in SMALL_PART))}
    assert held == {name for name in ours if "__pycache__" not in name}
    assert "loadtests/report/vendor/plotly-basic.min.js" in held


def test_the_wheel_has_one_program(wheel: Path) -> None:
    found = distribution(wheel).entry_points
    assert [(entry.group, entry.name) for entry in found] == [("console_scripts", "async-rewrite-matrix")]


def test_every_module_loads_with_the_declared_libraries_and_needs_each_of_them(wheel: Path, programs: Path) -> None:
    done = run(programs, "./python", "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    declared = {re.split(r"[^\w-]", line)[0] for line in distribution(wheel).requires or []}
    assert declared <= set(done.stdout.split())
    assert set(done.stdout.split()) & {"shared", "compose", "tests"} == set()


@pytest.mark.parametrize("paths", [SUMMARIES, [EXAMPLE]], ids=["summaries", "example"])
def test_the_program_gives_the_same_answer_as_the_checkout(programs: Path, tmp_path: Path, paths: list[Path]) -> None:
    here = run(ROOT, sys.executable, "-m", "loadtests", "compare", *paths, "--json")
    there = run(tmp_path, programs / "async-rewrite-matrix", *paths, "--json")
    assert (there.returncode, there.stderr) == (here.returncode, here.stderr) == (0, "")
    assert _figures(there.stdout) == _figures(here.stdout)


def test_the_program_writes_the_reports(programs: Path, tmp_path: Path) -> None:
    for path in EXAMPLE.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    done = run(tmp_path, programs / "async-rewrite-matrix", ".", "--report", "--markdown", "comment.md")
    assert (done.returncode, done.stdout.count("\n") <= 24) == (0, True), done.stderr
    assert {"report.html", "report.md", "comment.md"} <= {path.name for path in tmp_path.iterdir()}


def test_the_program_has_the_exit_statuses_of_the_command(programs: Path, tmp_path: Path) -> None:
    program = programs / "async-rewrite-matrix"
    assert run(tmp_path, program, *SUMMARIES, "--fail-if", "after.error_rate < 1").returncode == 3
    assert run(tmp_path, program, tmp_path / "missing").returncode == 2
    assert run(tmp_path, program).returncode == 0


def distribution(wheel: Path) -> PathDistribution:
    (folder,) = (each for each in ZipPath(wheel).iterdir() if each.name.endswith(".dist-info"))
    return PathDistribution(folder)


def _figures(text: str) -> dict[str, Any]:
    """Without the advice, which in the checkout quotes further measurements."""
    document: dict[str, Any] = json.loads(text)
    return {key: value for key, value in document.items() if key != "recommendation"}
