"""The check on real services in short: one service under three names, one of them further away."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from compose.local import Stack
from loadtests import selfcheck_findings as selfcheck
from loadtests.compare import EVERY_CELL_VOID
from loadtests.comparison import compare
from loadtests.design import SIMPLE_KEY, design_of
from loadtests.effects import SimpleEffect, effects_of
from loadtests.faults.modes import PASS, delay
from loadtests.faults.proxy import Proxy
from loadtests.many_effects import p_value
from loadtests.metrics import FIGURES
from loadtests.relay_delay import added_ms
from loadtests.results_reading import read_rounds
from loadtests.results_set import varies_of
from tests.simulated_results import write_rounds

pytestmark = pytest.mark.alone

NAMES = ("near", "also-near", "far")
LOAD = {"MIX": "product=1", "VUS": "5", "THINK": "0.05", "DURATION": "1", "PROFILE": "smoke", "ROUNDS": "4"}
TIMEOUT_S = 110
# Four rounds of one second are too short for the 5 ms of the full check on a busy machine.
DELAY_MS = 20.0


@pytest.fixture(scope="module")
def effects(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SimpleEffect]:
    """What three names of one service show, the last of them DELAY_MS further away; by name, of the average latency.

    Cells that a busy machine or two workers of five visitors make void are in it: the delay is there all the same.
    """
    folder = tmp_path_factory.mktemp("selfcheck")
    port = int(stack.url("async-cached").rpartition(":")[2])
    with ExitStack() as proxies:
        entries = []
        for name in NAMES:
            proxy = proxies.enter_context(Proxy(port))
            proxy.switch(delay(DELAY_MS / 2000) if name == "far" else PASS)
            varies = {"stack": name, "cache": True}
            url = f"http://127.0.0.1:{proxy.port}"
            entries.append({"name": name, "url": url, "expect": "async-cached", "varies": varies})
        path = folder / "combinations.json"
        path.write_text(json.dumps(entries))
        variables = {"COMBINATIONS": str(path), "STACK": "none", "RESULTS": str(folder), **LOAD}
        command = [sys.executable, "-m", "loadtests.run"]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode in (0, EVERY_CELL_VOID), done.stderr.decode()
    rounds = read_rounds(folder / "latest")
    found = effects_of(list(rounds.values()), design_of(varies_of(rounds[1])), FIGURES)
    return {name: row["latency_avg"] for name, row in found[SIMPLE_KEY].items()}


def test_a_service_beside_itself_shows_no_effect(effects: dict[str, SimpleEffect]) -> None:
    effect = effects["also-near cached"]
    chance = p_value(effect)
    # Not 0.05: one run in twenty would fail.
    assert chance is not None
    assert chance > 0.001
    assert effect.difference is not None
    assert abs(effect.difference) < DELAY_MS / 2


def test_a_delay_before_one_of_them_is_found(effects: dict[str, SimpleEffect]) -> None:
    effect = effects["far cached"]
    assert effect.verdict == "worse"
    # One interval in twenty would not hold it; a busy machine wakes a relay late.
    assert effect.difference_low is not None
    assert effect.difference_high is not None
    assert effect.difference_low - 2 <= DELAY_MS <= effect.difference_high + 2


@pytest.mark.parametrize(
    ("latencies", "noise", "no_effect", "found", "unseen"),
    [
        ({"sync": 100, "sync-cached": 10, "async": 105, "async-cached": 15}, 0.05, False, True, True),
        ({"sync": 100, "sync-cached": 10, "async": 100, "async-cached": 10}, 0.05, True, False, True),
        ({"sync": 100, "sync-cached": 10, "async": 150, "async-cached": 30}, 0.001, False, False, False),
    ],
)
def test_each_finding_can_fail(
    tmp_path: Path, latencies: dict[str, float], noise: float, no_effect: bool, found: bool, unseen: bool
) -> None:
    write_rounds(tmp_path, latencies, 4, noise)
    comparison = compare(read_rounds(tmp_path))
    if no_effect:
        write_rounds(tmp_path, dict.fromkeys(latencies, 10.0), 4, noise)
        assert selfcheck.no_effect(compare(read_rounds(tmp_path))).holds
    else:
        assert not selfcheck.no_effect(comparison).holds
    assert selfcheck.delay_found(comparison).holds is found
    assert selfcheck.delay_unseen(comparison).holds is unseen


def test_what_a_relay_adds_is_measured_and_no_less_than_it_was_asked_for(stack: Stack) -> None:
    port = int(stack.url("sync").rpartition(":")[2])
    with Proxy(port) as near, Proxy(port) as far:
        far.switch(delay(selfcheck.DELAY_MS / 2000))
        added = added_ms(f"http://127.0.0.1:{near.port}", f"http://127.0.0.1:{far.port}")
    assert added >= selfcheck.DELAY_MS * 0.9
