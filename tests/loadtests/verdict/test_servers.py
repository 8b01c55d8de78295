"""The factors of the rewrite, and another server as a cure, on services with known ratios."""

import math
from pathlib import Path

import pytest

from loadtests.analysis.read import read_rounds
from loadtests.schema.design import FACTORS_KEY
from loadtests.verdict.comparison import Comparison, compare
from loadtests.verdict.metric_names import figures_of
from tests.support.simulated_turns import write_turns

# Latency beside sync's. On one server the rewrite is 1.2 without the cache and 1.1 with it.
TIMES = {
    "sync": 1.0,
    "sync-cached": 1.0,
    "async": 1.8,
    "async-cached": 1.65,
    "sync-granian": 0.6,
    "sync-granian-cached": 0.6,
    "async-granian": 0.72,
    "async-granian-cached": 0.66,
}


def compared(folder: Path, **changes: float) -> Comparison:
    write_turns(folder, factors=TIMES | {name.replace("_", "-"): value for name, value in changes.items()}, noise=0.002)
    return compare(read_rounds(folder))


@pytest.mark.parametrize(
    ("factor", "slower"),
    [("framework", 1.1), ("driver", 1.2 / 1.1), ("server", 1.8 / 1.2), ("cache", math.sqrt(1.65 / 1.8))],
)
def test_each_factor_of_the_rewrite_is_found_with_its_interval(tmp_path: Path, factor: str, slower: float) -> None:
    comparison = compared(tmp_path)
    found = comparison.effects[FACTORS_KEY][factor]["latency_avg"]
    assert found.ratio == pytest.approx(1 / slower, rel=0.02)
    assert found.low < found.ratio < found.high
    assert figures_of(comparison)[f"factors.{factor}.latency_avg.ratio"].value == found.ratio


def test_the_factors_multiply_to_the_rewrite(tmp_path: Path) -> None:
    effects = compared(tmp_path).effects
    factors = [effects[FACTORS_KEY][name]["service_cpu"].ratio for name in ("framework", "server", "driver")]
    assert math.prod(factors) == pytest.approx(effects["simple"]["async uncached"]["service_cpu"].ratio)


def test_a_quicker_server_is_the_cure_if_neither_cache_nor_rewrite_is(tmp_path: Path) -> None:
    found = compared(tmp_path).recommendation
    assert found.answer == "change the server"
    assert {"change the server", "rewrite", "add the cache"} <= found.costs.keys()
    assert "so it beats the rewrite" in found.text
    assert any("sync-granian" in line for line in found.headline)


def test_the_rewrite_is_the_cure_if_it_beats_the_server(tmp_path: Path) -> None:
    found = compared(tmp_path, **{"async": 0.4, "async-cached": 1.0}).recommendation
    assert found.answer == "rewrite"
    assert "so the rewrite beats it" in found.text


def test_a_server_that_is_no_quicker_is_no_cure(tmp_path: Path) -> None:
    found = compared(tmp_path, sync_granian=1.0, sync_granian_cached=1.0).recommendation
    assert found.answer == "keep"
    assert "change the server" not in found.costs
