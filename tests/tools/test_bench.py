"""The bench: each service beside its server's ceiling, on a real stack, and where its time goes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from compose.local.definition import CHECKOUT
from loadtests.studies.ceiling.run import COMBINATIONS, Figure, shares
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


def test_a_share_is_the_median_of_ratios_within_a_round() -> None:
    ceiling = [Figure(1000.0, 1.0), Figure(500.0, 2.0), Figure(1000.0, 1.0)]
    mine = [Figure(600.0, 1.5), Figure(250.0, 3.0), Figure(900.0, 1.2)]
    figures = {f"{twin}-ceiling": ceiling for twin in ("sync", "async")} | dict.fromkeys(COMBINATIONS, mine)
    assert shares(figures) == dict.fromkeys(COMBINATIONS, 0.6)


@pytest.mark.usefixtures("servers")
def test_the_bench_measures_all_four_beside_their_ceilings_and_says_on_what(tmp_path: Path) -> None:
    run("loadtests", "ceiling", "--rounds", "1", "--seconds", "1", "--json", str(tmp_path / "bench.json"))
    found = json.loads((tmp_path / "bench.json").read_text())
    order = list(found["rounds"])
    ceilings = {name: f"{name.partition('-')[0]}-ceiling" for name in COMBINATIONS}
    assert {abs(order.index(name) - order.index(ceilings[name])) for name in COMBINATIONS} == {1}
    assert all(one["rate"] > 0 and one["cpu_ms"] > 0 for rounds in found["rounds"].values() for one in rounds)
    rates = {name: rounds[0]["rate"] for name, rounds in found["rounds"].items()}
    assert found["of_the_ceiling"] == {name: rates[name] / rates[ceilings[name]] for name in COMBINATIONS}
    assert "--rounds 1" in found["run"]["command"]
    assert {"started_at", "host", "versions"} <= set(found["run"])


@pytest.mark.usefixtures("servers")
def test_the_profile_says_where_the_time_of_each_goes(tmp_path: Path) -> None:
    run("tools.bench_profile", "--seconds", "1", "--json", str(tmp_path / "profile.json"))
    found = json.loads((tmp_path / "profile.json").read_text())["shares"]
    assert list(found) == list(COMBINATIONS)
    for each in found.values():
        assert sum(each.values()) == pytest.approx(1, abs=0.01)
        assert sum(each.get(name, 0) for name in OURS) > 0
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


def test_samples_are_counted_and_shared_out() -> None:
    stacks = ["main (/a/app.py:1);read (/a/shared/x.py:2) 3", f"main (/a/app.py:1);query ({SITE}/pymysql/c.py:5) 1"]
    assert shares_of_samples(stacks) == {"shared": 0.75, "pymysql": 0.25}
