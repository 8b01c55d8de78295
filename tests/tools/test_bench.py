"""The bench: each service compared with its server's ceiling on a real stack, and its profile."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest

from compose.local.definition import CHECKOUT
from compose.local.stack import Stack
from loadtests.analysis.batches import Cells
from loadtests.cli.main import main
from loadtests.schema.result import Result
from loadtests.studies.ceiling import run as ceiling
from loadtests.studies.ceiling.run import COMBINATIONS, ROUTE, ceiling_target, measure, report
from tests.support.simulated_turns import turned
from tests.support.stacks import free_base
from tools.bench_profile import OURS, package_of
from tools.bench_profile import shares as shares_of_samples

PATIENCE_SECONDS = 200
SITE = "/venv/lib/python3.13/site-packages"


def run(module: str, *words: str) -> None:
    """Runs one of the commands, which starts a stack of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=CHECKOUT,
        env={**os.environ, "PORT_BASE": str(free_base())},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def simulated_starts() -> Iterator[Cells]:
    """Services that need 2, 1.6, 2 and 1.6 times the time of a constant answer on their server."""
    factors = {"sync": 2.0, "sync-cached": 1.6, "async": 4.0, "async-cached": 3.2}
    starts: dict[int, dict[str, Result]] = {}
    for content in turned({**factors, "sync-ceiling": 1.0, "async-ceiling": 2.0}):
        starts.setdefault(content["round"], {})[content["combination"]] = msgspec.convert(content, Result)
    yield from starts.values()


def test_a_share_is_the_ceilings_cost_divided_by_the_services() -> None:
    found = report(list(simulated_starts()))["of_the_ceiling"]
    for name, expected in {"sync": 0.5, "sync-cached": 0.625, "async": 0.5, "async-cached": 0.625}.items():
        share = found[name]["latency_avg"]
        assert share.ratio == pytest.approx(expected, rel=0.03)
        assert share.low < share.ratio < share.high


@pytest.mark.timed
@pytest.mark.usefixtures("k6")
def test_the_bench_measures_all_four_and_their_ceilings_in_turns(stack: Stack) -> None:
    with ceiling_target(stack) as target:
        (start,) = measure(target, 1, 3.0, warm_up="8")
    assert set(start) == {*COMBINATIONS, "sync-ceiling", "async-ceiling"}
    for result in start.values():
        assert result.head_to_head[ROUTE].requests > 0
        assert sum(batch.failed for batch in result.turns[ROUTE]) == 0
        assert any(batch.service_cpu_ms for batch in result.turns[ROUTE])
    assert set(stack.services) == set(COMBINATIONS)


@pytest.mark.usefixtures("k6")
def test_the_bench_prints_and_writes_its_figures_and_environment(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ceiling, "Stack", lambda _: nullcontext(stack))
    monkeypatch.setattr(ceiling, "measure", lambda *_: simulated_starts())
    assert main(["ceiling", "--json", str(tmp_path / "bench.json")]) == 0
    found = json.loads((tmp_path / "bench.json").read_text())
    assert found["of_the_ceiling"]["sync"]["latency_avg"]["ratio"] == pytest.approx(0.5, rel=0.03)
    assert {"started_at", "command", "host", "versions"} <= set(found["run"])
    assert re.search(r"\b0\.50\b", capsys.readouterr().out)


@pytest.mark.timed
@pytest.mark.usefixtures("servers", "k6")
def test_the_profile_shows_where_the_time_of_each_goes(tmp_path: Path) -> None:
    run("tools.bench_profile", "--seconds", "2", "--json", str(tmp_path / "profile.json"))
    found = json.loads((tmp_path / "profile.json").read_text())["shares"]
    assert list(found) == list(COMBINATIONS)
    for each in found.values():
        assert sum(each.values()) == pytest.approx(1, abs=0.01)
    assert sum(each.get(name, 0) for each in found.values() for name in OURS) > 0
    assert found["sync"]["pymysql"] > found["sync-cached"].get("pymysql", 0)


@pytest.mark.parametrize(
    ("innermost", "package"),
    [
        (f"query ({SITE}/pymysql/connections.py:573)", "pymysql"),
        (f"now ({SITE}/typing_extensions.py:9)", "typing_extensions"),
        ("select (/usr/lib/python3.13/selectors.py:452)", "selectors"),
        ("run (/usr/lib/python3.13/asyncio/base_events.py:1)", "asyncio"),
        ("read (/somewhere/shared/handlers.py:12)", "shared"),
        ("product (sync_api/shop/store.py:40)", "sync_api"),
        ("<built-in>", "interpreter"),
    ],
)
def test_a_sample_counts_for_the_package_of_its_innermost_frame(innermost: str, package: str) -> None:
    assert package_of(f"main (/somewhere/app.py:1);{innermost} 3") == package


def test_samples_are_counted_and_divided_by_package() -> None:
    stacks = ["main (/a/app.py:1);read (/a/shared/x.py:2) 3", f"main (/a/app.py:1);query ({SITE}/pymysql/c.py:5) 1"]
    assert shares_of_samples(stacks) == {"shared": 0.75, "pymysql": 0.25}
