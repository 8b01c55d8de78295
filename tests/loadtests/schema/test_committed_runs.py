"""Statements of README and docs about the committed runs."""

from pathlib import Path

from loadtests.analysis.read import read_rounds
from loadtests.analysis.resources import DATABASE, THINK_TIME
from loadtests.verdict.comparison import compare

EXAMPLE = Path(__file__).parents[3] / "loadtests" / "results" / "example"


def test_in_origin_the_bottleneck_is_the_database_without_the_cache_and_think_time_with_it() -> None:
    found = compare(read_rounds(EXAMPLE)).bottleneck
    named = {name: bottleneck.name for name, bottleneck in found.items()}
    assert named == {"sync": DATABASE, "async": DATABASE, "sync-cached": THINK_TIME, "async-cached": THINK_TIME}
    assert all("revenue" in (found[name].cause or "") for name in ("sync", "async"))
