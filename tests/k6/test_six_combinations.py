"""Three stacks, each with the cache off and on, measured for real and compared like the four."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from compose.local.stack import Stack
from loadtests.analysis.read import Rounds, read_rounds
from loadtests.schema.exit_status import EFFECT_MISSING
from loadtests.verdict.comparison import Comparison, compare
from tests.support.cells import NOISE
from tests.support.own_services import running_service
from tests.support.stacks import COMBINATIONS
from tests.support.unsettled import PROGRAM

pytestmark = [pytest.mark.timed, pytest.mark.usefixtures("k6")]

# The third stack is the async twin whose queries wait for each other.
SERIAL = {"serial": "async", "serial-cached": "async-cached"}
# One answer, so that a warm cache has it: what the cache does is seen in a second. Fewer requests than make a share of
# one of two workers lopsided.
LOAD = {"MIX": "dashboard=1", "VUS": "5", "THINK": "0.2", "WARM_UP": "0.2", "DURATION": "1", "TURNS": "0"}
TIMEOUT_S = 90


@pytest.fixture(scope="module")
def rounds(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Rounds:
    folder = tmp_path_factory.mktemp("six")
    with ExitStack() as services:
        urls = {name: (stack.url(name), name) for name in COMBINATIONS}
        for name, twin in SERIAL.items():
            service = services.enter_context(running_service(stack, twin, FANOUT="serial"))
            urls[name] = (service.url, twin)
        path = folder / "combinations.json"
        path.write_text(json.dumps(list(_entries(urls))))
        variables = {"COMBINATIONS": str(path), "STACK": "none", "RESULTS": str(folder), "PROFILE": "smoke", **LOAD}
        done = subprocess.run(
            [*PROGRAM, "run"],
            env=os.environ | variables | {"ROUNDS": "1"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    assert done.returncode in (0, EFFECT_MISSING), done.stderr
    # Shown, or named as missing where a busy machine spoilt it.
    assert "cache in serial" in done.stdout + done.stderr
    return read_rounds(folder / "latest")


def _entries(urls: dict[str, tuple[str, str]]) -> Iterator[dict[str, object]]:
    for name, (url, expect) in urls.items():
        varies = {"stack": name.removesuffix("-cached"), "cache": name.endswith("-cached")}
        yield {"name": name, "url": url, "expect": expect, "varies": varies}


@pytest.fixture(scope="module")
def found(rounds: Rounds) -> Comparison:
    comparison = compare(rounds)
    assert {cell.rule for cell in comparison.void} <= NOISE
    return comparison


def test_every_one_of_six_is_measured_and_has_its_line(rounds: Rounds, found: Comparison) -> None:
    names = [*COMBINATIONS, *SERIAL]
    assert list(found.combinations) == names
    assert sorted(rounds[1]) == sorted(names)
    assert all(result.requests > 0 for result in rounds[1].values())
    assert {name for name, result in rounds[1].items() if result.cache.hit} == {
        name for name in names if name.endswith("-cached")
    }


def test_six_have_the_effects_of_three_stacks_by_their_own_figures(rounds: Rounds, found: Comparison) -> None:
    averages = {name: result.latency_ms.avg for name, result in rounds[1].items()}
    void = {cell.combination for cell in found.void}
    assert found.pairs == {
        "cache in sync": ("sync", "sync-cached"),
        "cache in async": ("async", "async-cached"),
        "cache in serial": ("serial", "serial-cached"),
        "async uncached": ("sync", "async"),
        "async cached": ("sync-cached", "async-cached"),
        "serial uncached": ("sync", "serial"),
        "serial cached": ("sync-cached", "serial-cached"),
    }
    for name, (without, with_it) in found.pairs.items():
        before, after = averages[without], averages[with_it]
        assert before
        assert after
        expected = None if {without, with_it} & void else pytest.approx(before / after)
        effect = found.effects["simple"][name]["latency_avg"]
        assert effect.ratio == expected
        assert effect.verdict == "cannot tell"
        # Four queries, or one look into Redis.
        assert before / after > 1.5 or not name.startswith("cache in")


def test_six_have_the_main_effects_of_both_other_stacks(found: Comparison) -> None:
    assert set(found.effects) == {
        "cache", "async", "interaction with async", "serial", "interaction with serial", "simple", "routes",
    }  # fmt: skip
    assert set(found.effects["routes"]) == {"dashboard"}
