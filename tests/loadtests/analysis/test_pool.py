"""Shards of a load add up to the figures of all their requests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadtests.analysis.pool import Pooled, pooled
from loadtests.analysis.read import read_rounds
from loadtests.analysis.shards import SHARDS, pool_folder
from loadtests.cli.compare import command as compare_command
from loadtests.cli.pool import command as pool_command
from loadtests.schema.files import UnusableResults, write_json
from tests.support.simulated_results import Document
from tests.support.simulated_shards import PLACES, VUS, curve, save_shard, shard

LOOKED_AT = (0, 1, 10, 50, 90, 95, 99, 99.9, 100)
MILLISECONDS = st.floats(0.01, 10_000).map(lambda value: round(value, 4))
Parts = list[list[float]]
# The duration of an example depends on the machine.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def parts(most: int) -> st.SearchStrategy[Parts]:
    return st.lists(st.lists(MILLISECONDS, max_size=most), min_size=1, max_size=5).filter(any)


def percentiles(whole: Pooled) -> list[float]:
    found = [whole.percentile(place) for place in LOOKED_AT]
    return [value for value in found if value is not None]


def pooled_of(values: Parts) -> Pooled:
    return pooled([curve(part) for part in values], PLACES)


# Up to this number of requests two places lie between any two neighbours.
EXACT = 100


@unhurried
@given(parts(EXACT))
def test_small_shards_have_the_exact_percentiles_of_all_their_requests(values: Parts) -> None:
    everything = [value for part in values for value in part]
    assert percentiles(pooled_of(values)) == pytest.approx(np.percentile(everything, LOOKED_AT), rel=1e-4, abs=0.01)
    assert pooled_of(values).avg == pytest.approx(np.mean(everything))


@unhurried
@given(parts(700))
def test_pooled_percentiles_rise_from_the_least_to_the_greatest_value(values: Parts) -> None:
    found = percentiles(pooled_of(values))
    assert found == sorted(found)
    assert found[0] == round(min(map(min, filter(None, values))), 3)
    assert found[-1] == round(max(map(max, filter(None, values))), 3)


@unhurried
@given(parts(700), st.randoms())
def test_the_order_of_shards_does_not_matter(values: Parts, chance: Any) -> None:
    mixed = chance.sample(values, len(values))
    assert percentiles(pooled_of(mixed)) == percentiles(pooled_of(values))


@unhurried
@given(st.lists(MILLISECONDS, min_size=1, max_size=EXACT))
def test_a_single_shard_is_unchanged(values: list[float]) -> None:
    own, alone = curve(values), pooled_of([values])
    assert alone.requests == own.count
    assert alone.avg == pytest.approx(own.avg)
    places = [PLACES.index(place) for place in LOOKED_AT]
    assert percentiles(alone) == pytest.approx([own.at[place] for place in places], rel=1e-4, abs=0.01)


@pytest.mark.parametrize("requests", [1_500, 6_000, 50_000])
def test_a_slow_shard_is_pooled_within_a_percent(requests: int) -> None:
    chance = np.random.default_rng(1)
    values = [(chance.lognormal(1, 0.5, requests) * (5 if slow == 3 else 1)).tolist() for slow in range(4)]
    places = [50, 90, 95, 99]
    found = [pooled_of(values).percentile(place) for place in places]
    assert found == pytest.approx(np.percentile(np.concatenate(values), places), rel=0.01)


def test_percentiles_need_the_same_number_of_requests_from_shards_as_from_one_load() -> None:
    latency = pooled_of([[1.0] * 150, [2.0] * 150]).latency()
    assert (latency["p95"], latency["p99"]) == (2.0, None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shards of a load, the second three times as slow."""
    for number, factor in ((1, 1.0), (2, 3.0)):
        save_shard(tmp_path, shard(_values(factor), number))
    return tmp_path


def _values(factor: float) -> list[float]:
    return [factor * (10 + at % 100) for at in range(700)]


def test_the_shards_of_a_folder_become_a_result_and_are_archived(folder: Path) -> None:
    (whole,) = pool_folder(folder)
    assert whole.name == "sync.json"
    assert {path.name for path in folder.glob("*.json")} == {"sync.json"}
    assert len(list((folder / SHARDS).iterdir())) == 2
    save_shard(folder, shard(_values(2.0), 1) | {"combination": "async"}, "async.shard-1-of-2.json")
    save_shard(folder, shard(_values(2.0), 2) | {"combination": "async"}, "async.shard-2-of-2.json")
    pool_folder(folder)
    result = read_rounds(folder)[1]["sync"]
    everything = _values(1.0) + _values(3.0)
    assert (result.requests, result.generators, result.start_skew_s) == (1400, 2, 0)
    assert sum(part.requests for part in result.timeline) == result.routes["products"].requests == 1400
    assert result.throughput_rps == pytest.approx(1400 / result.duration_s)
    assert result.latency_ms.p99 == pytest.approx(np.percentile(everything, 99), rel=1e-3)
    assert result.quantiles["95"] == pytest.approx(np.percentile(everything, 95), rel=1e-3)


def test_a_late_generator_marks_the_whole_load_as_starved(folder: Path) -> None:
    slow = shard(_values(1.0)[:250], 2)
    save_shard(folder, slow | {"throughput_rps": 250 / 80, "duration_s": 80.0})
    save_shard(folder, shard(_values(1.0), 1) | {"throughput_rps": 3.9, "duration_s": 80.0})
    (whole,) = pool_folder(folder)
    assert "generator 2: visitors came round" in whole.read_text()


Change = Callable[[Document], object]


def _later(content: Document) -> None:
    content["started_at"] = "2026-11-20T10:01:00.401Z"


REFUSED: dict[str, tuple[Change, str]] = {
    "load": (lambda one: one.update(vus=9), "vus 9"),
    "mix": (lambda one: one.update(mix={"page": 1.0}), "mix"),
    "round": (lambda one: one.update(round=2), "round 2"),
    "combination": (lambda one: one.update(combination="async"), "combination async"),
    "schema": (lambda one: one.update(schema=2), "schema 2"),
    "whole": (lambda one: one.pop("shard"), "no shard"),
    "k6": (lambda one: one.update(k6={"version": "2.2.0"}), "k6 2.2.0"),
    "script": (lambda one: one["shard"].update(script_sha256="b" * 64), "script bbbb"),
    "segments": (lambda one: one["shard"].update(sequence="0,1/3,1"), "segments 0,1/3,1"),
    "twice": (lambda one: one["shard"].update(number=1), "both hold shard 1"),
    "skew": (_later, "began 0.401 s after"),
    "visitors": (lambda one: one["shard"].update(visitors=VUS), f"have {VUS + VUS // 2} visitors"),
    "requests": (lambda one: one.update(requests=701), "701 requests of the load"),
    "route": (lambda one: one["routes"]["products"].update(requests=701), "701 requests of products"),
    "shape": (lambda one: one["shard"].pop("places"), "not a shard"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_shards_that_do_not_add_up_are_refused_in_one_line_with_the_file(folder: Path, kind: str) -> None:
    change, words = REFUSED[kind]
    content = shard(_values(3.0), 2)
    change(content)
    write_json(folder / "sync.shard-2-of-2.json", content)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = CliRunner().invoke(pool_command, [str(folder)])
    assert done.exit_code == 2
    (line,) = done.output.strip().splitlines()[-1:]
    assert words in line
    assert "sync" in line
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / "sync.shard-2-of-2.json").unlink()
    with pytest.raises(UnusableResults, match=r"sync\.shard-2-of-2\.json .* 1 of 2"):
        pool_folder(folder)


def test_a_truncated_shard_is_named(folder: Path) -> None:
    path = folder / "sync.shard-2-of-2.json"
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UnusableResults, match=r"sync\.shard-2-of-2\.json"):
        pool_folder(folder)


def test_a_result_beside_its_shards_is_not_overwritten(folder: Path) -> None:
    (folder / "sync.json").write_text("{}")
    with pytest.raises(UnusableResults, match=r"sync\.json"):
        pool_folder(folder)


def test_a_folder_without_shards_gives_the_command_that_makes_some(tmp_path: Path) -> None:
    with pytest.raises(UnusableResults, match="--execution-segment"):
        pool_folder(tmp_path)


def test_shards_are_found_in_logs(folder: Path) -> None:
    logs = folder / "logs"
    logs.mkdir()
    for number, path in enumerate(sorted(folder.glob("*.json")), 1):
        text = " ".join(path.read_text().split())
        (logs / f"runner-{number}.log").write_text(f'time="x" msg=y\n2026 MATRIX-SHARD {path.name} {text}\nend\n')
    (whole,) = pool_folder(logs)
    assert whole == logs / "sync.json"
    assert len(list((logs / SHARDS).iterdir())) == 4


def test_two_logs_of_one_shard_are_refused(folder: Path) -> None:
    for number in (1, 2):
        (folder / f"runner-{number}.log").write_text("MATRIX-SHARD async.shard-1-of-2.json {}\n")
    with pytest.raises(UnusableResults, match=r"runner-2\.log holds async\.shard-1-of-2\.json, and so does runner-1"):
        pool_folder(folder)


@pytest.mark.parametrize("name", ["", "sync.shard-1-of-2.json"])
def test_compare_requires_that_shards_are_pooled_first(folder: Path, name: str) -> None:
    done = CliRunner().invoke(compare_command, [str(folder / name)])
    assert done.exit_code == 2
    assert f"python -m loadtests pool {folder}" in " ".join(done.output.split())
