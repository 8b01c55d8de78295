"""The import rules of each folder: a file that breaks one is named."""

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tools.check_folders import ROOT, main
from tools.shared_state import ALLOWED as ALLOWED_STATE
from tools.shared_state import state

KEEPS_NOTHING = """
TABLE = {"a": 1}
class It:
    def __init__(self, given):
        self.given = given
    def told(self):
        new = [self.given]
        new.append(TABLE["a"])
        return new
"""
FOLDERS = ("shared", "sync_api", "async_api", "variants", "compose", "loadtests", "tests", "tools")
ALLOWED = {
    "shared": f"import msgspec\nfrom time import monotonic\nfrom http import HTTPStatus\n{KEEPS_NOTHING}",
    "sync_api": "import flask\nimport pymysql\nimport redis\nimport threading\n",
    "async_api": "import aiomysql\nimport asyncio\nimport quart\nimport redis.asyncio\n",
    "loadtests": "import time\nimport compose\ntime.sleep(0)\n",
}


@dataclass(frozen=True)
class Violation:
    """A forbidden line in a folder, and the text that names the rule."""

    folder: str
    code: str
    rule: str


VIOLATIONS: Final = (
    *(
        Violation("shared", f"import {name}", f"shared.broken -> {name}")
        for name in (
            *("flask", "quart", "werkzeug", "gunicorn", "hypercorn", "pymysql", "aiomysql"),
            *("redis", "asyncio", "threading", "socket", "multiprocessing", "subprocess"),
            *("queue", "tempfile", "shutil", "sched", "signal"),
            *("sync_api", "async_api", "compose", "loadtests"),
        )
    ),
    Violation("shared", "from concurrent.futures import Executor", "shared.broken -> concurrent"),
    Violation("shared", "def later():\n    import asyncio", "shared.broken -> asyncio"),
    Violation("shared", "import time\ntime.sleep(1)", "`time.sleep` is banned"),
    Violation("shared", "from time import sleep", "`time.sleep` is banned"),
    Violation("shared", "import http.client", "`http.client` is banned"),
    Violation("shared", "from logging.handlers import QueueListener", "`logging.handlers` is banned"),
    Violation("shared", "import logging.handlers", "`logging.handlers` is banned"),
    Violation("shared", "kept = {}\ndef keep(it):\n    kept[it] = it", "broken.kept keeps state"),
    Violation("shared", "kept = []\ndef keep(it):\n    kept.append(it)", "broken.kept keeps state"),
    Violation("shared", "kept = 0\ndef keep():\n    global kept\n    kept = 1", "broken.kept keeps state"),
    Violation("shared", "class It:\n    def keep(self):\n        self.kept = 1", "broken.It keeps state"),
    Violation("shared", "class It:\n    def keep(self):\n        self.kept.add(1)", "broken.It keeps state"),
    Violation("shared", "class It:\n    def keep(self):\n        a, self.kept[1] = 1, 1", "broken.It keeps state"),
    Violation("sync_api", "import asyncio", "sync_api.broken -> asyncio"),
    Violation("sync_api", "import aiomysql", "sync_api.broken -> aiomysql"),
    Violation("sync_api", "import quart", "sync_api.broken -> quart"),
    Violation("sync_api", "from redis.asyncio import Redis", "`redis.asyncio` is banned"),
    Violation("sync_api", "import async_api", "sync_api.broken -> async_api"),
    Violation("sync_api", "import loadtests", "sync_api.broken -> loadtests"),
    Violation("async_api", "import flask", "async_api.broken -> flask"),
    Violation("async_api", "from pymysql import err", "async_api.broken -> pymysql"),
    Violation("async_api", "from redis import Redis", "`redis.Redis` is banned"),
    Violation("async_api", "import subprocess", "async_api.broken -> subprocess"),
    Violation("async_api", "import time\ntime.sleep(1)", "`time.sleep` is banned"),
    Violation("async_api", "import sync_api", "async_api.broken -> sync_api"),
    Violation("async_api", "import compose", "async_api.broken -> compose"),
    Violation("async_api", "import tests", "async_api.broken -> tests"),
    Violation("compose", "import sync_api", "compose.broken -> sync_api"),
    Violation("loadtests", "import async_api", "loadtests.broken -> async_api"),
)


# Where a folder's files may lie: the layers of these are exhaustive.
HOMES = {"shared": "shared/service", "loadtests": "loadtests/cli"}


def new_project(root: Path) -> Path:
    """The packages of the checkout, each with one file in it."""
    for package in (path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("__init__.py")):
        (root / package.relative_to(ROOT)).mkdir(parents=True, exist_ok=True)
        (root / package.relative_to(ROOT) / "__init__.py").write_text("")
    for single in ("shared/schema.py", "loadtests/compare.py"):
        (root / single).write_text("")
    for folder in FOLDERS:
        home(root, folder).mkdir(parents=True, exist_ok=True)
        (home(root, folder) / "one.py").write_text(ALLOWED.get(folder, ""))
    return root


def home(root: Path, folder: str) -> Path:
    return root / HOMES.get(folder, folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return new_project(tmp_path)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of the check for a project with every violation, each in its own file."""
    root = new_project(tmp_path_factory.mktemp("project") / "root")
    for number, violation in enumerate(VIOLATIONS):
        (home(root, violation.folder) / f"{broken(number)}.py").write_text(f"{violation.code}\n")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main([str(root)]) == 1
    return printed.getvalue()


def broken(number: int) -> str:
    return f"broken_{number:03}"


def test_folders_that_keep_their_rules_pass(project: Path) -> None:
    assert main([str(project)]) == 0


@pytest.mark.parametrize(
    "number", range(len(VIOLATIONS)), ids=lambda n: f"{VIOLATIONS[n].folder}: {VIOLATIONS[n].code!r}"
)
def test_a_file_that_breaks_a_rule_is_caught(number: int, told: str) -> None:
    violation = VIOLATIONS[number]
    package = HOMES.get(violation.folder, violation.folder).replace("/", ".")
    rule = violation.rule.replace(f"{violation.folder}.broken", f"{package}.broken")
    lines = [line for line in told.splitlines() if broken(number) in line]
    assert any(rule.replace("broken", broken(number)) in line for line in lines), lines


def test_a_rule_holds_through_another_module(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "compose" / "between.py").write_text("import async_api.one\n")
    (home(project, "loadtests") / "broken.py").write_text("import compose.between\n")
    assert main([str(project)]) == 1
    assert "loadtests.cli.broken -> compose.between" in capsys.readouterr().out


def test_the_wheels_modules_need_nothing_of_the_services(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "loadtests" / "compare.py").write_text("import loadtests.verdict.costs\n")
    (project / "loadtests" / "verdict" / "costs.py").write_text("import shared.service.one\n")
    assert main([str(project)]) == 1
    assert "loadtests.compare is not allowed to import shared" in capsys.readouterr().out


def test_a_missing_folder_is_unusable_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_each_exception_from_the_rule_of_state_is_used() -> None:
    assert set(state(ROOT / "shared")) == set(ALLOWED_STATE)


def test_a_private_name_of_a_library_is_a_fault(project: Path) -> None:
    (project / "sync_api" / "leaning.py").write_text("def reads(connection): return connection._sock\n")
    assert main([str(project)]) == 1
