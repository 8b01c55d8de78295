"""Services and routes of the user's own, measured and compared by the example of docs/services.md."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from compose.local import ports
from loadtests.analysis.read import read_rounds
from loadtests.schema.files import LOADTESTS
from loadtests.schema.plan import make_plan
from loadtests.schema.settings import UnusableInput
from loadtests.verdict.comparison import compare
from tests.support.cells import NOISE
from tests.support.k6_runs import run_k6
from tests.support.simulated_results import document, save
from tests.support.unsettled import PROGRAM
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("k6")

EXAMPLE = LOADTESTS.parent / "docs" / "examples" / "own"
TIMEOUT_S = 90
SERVICE_MS = (80, 40)  # beside which the time that k6 waits for a core on a busy machine is little


@pytest.fixture
def combinations(tmp_path: Path) -> Iterator[Path]:
    """The services of the example on free ports, and its file that says where they are."""
    path = tmp_path / "own" / "combinations.json"
    path.parent.mkdir()
    entries = json.loads((EXAMPLE / "combinations.json").read_text())
    with ExitStack() as stack:
        for entry, milliseconds in zip(entries, SERVICE_MS, strict=True):
            port = ports.free()
            command = [sys.executable, str(EXAMPLE / "service.py"), str(port), str(milliseconds)]
            process = stack.enter_context(subprocess.Popen(command))
            stack.callback(process.kill)
            wait_until(partial(ports.taken, port), f"{port} is taken")
            entry["url"] = f"http://127.0.0.1:{port}"
        path.write_text(json.dumps(entries))
        yield path


@pytest.mark.timed
def test_the_example_measures_two_services_with_its_own_routes(combinations: Path, tmp_path: Path) -> None:
    variables = {
        "COMBINATIONS": str(combinations),
        "ROUTES": str(EXAMPLE / "routes.json"),
        "STACK": "none",
        "PROFILE": "smoke",
        "ROUNDS": "2",
        "WARM_UP": "0.2",
        "DURATION": "1",
        "TURNS": "2",
        "RESULTS": str(tmp_path / "results"),
    }
    done = subprocess.run(
        [*PROGRAM, "run"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rounds = read_rounds(tmp_path / "results" / "latest")
    found = compare(rounds)
    assert {cell.rule for cell in found.void} <= NOISE
    assert list(found.combinations) == ["before", "after"]
    assert rounds[1]["before"].mix == {"item": 90, "add": 10}
    described = json.loads((tmp_path / "results" / "latest" / "run.json").read_text())
    routes_sha256 = hashlib.sha256((EXAMPLE / "routes.json").read_bytes()).hexdigest()
    assert (described["routes_sha256"], rounds[2]["after"].routes_sha256) == (routes_sha256, routes_sha256)
    effect = found.effects["simple"]["after uncached"]["latency_avg"]
    assert 1.2 < effect.ratio < 2.2
    assert set(found.effects["routes"]) == {"item", "add"}
    assert "after uncached" in done.stdout


def routes(folder: Path, *entries: dict[str, Any]) -> str:
    path = folder / "routes.json"
    path.write_text(json.dumps(entries))
    return str(path)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"status": 201}, "status"),
        ({"check": {"contains": "nowhere"}}, "body"),
        ({"check": {"equals": {"id": 0}}}, "body"),
        ({"check": {"equals": {"id": "{id}", "name": None}}}, "body"),
    ],
)
def test_an_answer_that_fails_its_check_is_counted(
    combinations: Path, tmp_path: Path, changes: dict[str, Any], kind: str
) -> None:
    route = {"name": "item", "path": "/items/{id}", "keys": {"id": [7, 8]}, **changes}
    run = run_k6(tmp_path, COMBINATIONS=f"{combinations}#after", ROUTES=routes(tmp_path, route), DURATION="1")
    result = json.loads((tmp_path / "after.json").read_text())
    assert (run.status, result["failures"][kind]) == (99, result["requests"])


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ({"path": "/"}, "every route needs a name"),
        ({"name": "a b", "path": "/"}, "every route needs a name"),
        ({"name": "a", "path": "items"}, "its path must begin with /"),
        ({"name": "a", "path": "/", "method": "get"}, "its method must be one of GET"),
        ({"name": "a", "path": "/", "weight": 0}, "its weight must be above 0"),
        ({"name": "a", "path": "/", "status": 99}, "its status"),
        ({"name": "a", "path": "/", "verb": "GET"}, "it has verb, and the fields are name"),
        ({"name": "a", "path": "/{id}"}, "it names the key id"),
        ({"name": "a", "path": "/", "body": {"x": "{id}"}}, "it names the key id"),
        ({"name": "a", "path": "/{id}", "keys": {"id": []}}, "a key is a list"),
        ({"name": "a", "path": "/{id}", "keys": {"id": {"from": 2, "to": 1}}}, "a key is a list"),
    ],
)
def test_a_route_that_cannot_be_asked_for_ends_the_run_with_its_cure(
    tmp_path: Path, route: dict[str, Any], words: str
) -> None:
    run = run_k6(tmp_path, ROUTES=routes(tmp_path, route), VUS="1", TURNS="0")
    assert run.status != 0
    assert words in run.log


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "length"),
        ([{"name": "a", "url": "http://127.0.0.1:1"}] * 2, "a is there twice"),
        ([{"name": "../a", "url": "http://127.0.0.1:1"}], "name"),
        ([{"name": "a", "url": "http://example.org"}], "ALLOW_HOSTS=example.org"),
        ([{"name": "a", "url": "http://127.0.0.1.example.org"}], "ALLOW_HOSTS=127.0.0.1.example.org"),
        ([{"name": "a", "url": "http://127.0.0.1:1", "varies": {"stack": "x"}}], "cache"),
        ([{"url": "http://127.0.0.1:1"}], "name"),
    ],
)
def test_a_file_that_says_not_what_to_measure_is_refused(
    tmp_path: Path, entries: list[dict[str, Any]], words: str
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(entries))
    with pytest.raises(UnusableInput, match="COMBINATIONS=") as refused:
        make_plan(combinations=str(path), stack="none")
    assert words in str(refused.value)


def test_routes_of_ones_own_need_services_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match="add COMBINATIONS=yours"):
        make_plan(load={"ROUTES": routes(tmp_path, {"name": "a", "path": "/"})})


def test_six_combinations_are_compared_by_what_they_vary(tmp_path: Path) -> None:
    latencies = {"py": 40.0, "py-c": 10.0, "go": 20.0, "go-c": 5.0, "js": 40.0, "js-c": 10.0}
    for number in (1, 2):
        for at, (name, latency) in enumerate(latencies.items()):
            varies = {"stack": name[:2], "cache": name.endswith("-c")}
            at_time = f"2026-11-20T10:{number:02}:{at:02}.000Z"
            save(tmp_path, document(name, number, latency, varies=varies, started_at=at_time))
    effects = compare(read_rounds(tmp_path)).effects
    simple = {name: round(row["latency_avg"].ratio, 6) for name, row in effects["simple"].items()}
    assert simple == {
        **dict.fromkeys(("cache in py", "cache in go", "cache in js"), 4),
        **dict.fromkeys(("go uncached", "go cached"), 2),
        **dict.fromkeys(("js uncached", "js cached"), 1),
    }
    main = {name: row["latency_avg"].ratio for name, row in effects.items() if name not in ("simple", "routes")}
    assert main["cache"] == pytest.approx(4)
    assert (main["go"], main["interaction with go"]) == (pytest.approx(2), pytest.approx(1))
