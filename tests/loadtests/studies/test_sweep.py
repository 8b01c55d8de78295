"""A sweep: its points, its length, the findings of its turns, and reading its file."""

import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from click import UsageError

from loadtests.analysis.batches import Cells
from loadtests.schema.result import Result
from loadtests.schema.settings import UnusableInput
from loadtests.schema.sweep import Document, FactorLine, Kind
from loadtests.schema.turns import Batch
from loadtests.studies.sweep.factors import AROUND_S, BY_NAME, FACTORS, START_S, Point, points, weight
from loadtests.studies.sweep.findings import Measured, findings
from shared.service.serving import most_waiting
from shared.service.settings import Settings
from tests.support.command_line import read_sweep
from tests.support.simulated_turns import turned

PAIRS = {"async uncached": ("sync", "async"), "cache in sync": ("sync", "sync-cached")}
EVERY = tuple(BY_NAME)


def turns_at(factors: Mapping[str, float], hit_ratio: float, seed: int, noise: float = 0.01) -> Cells:
    cells = {}
    for content in turned(factors, starts=1, noise=noise, seed=seed):
        if content["combination"].endswith("-cached"):
            for batch in (batch for batches in content["turns"].values() for batch in batches):
                batch["hit_ratio"] = hit_ratio
        cells[content["combination"]] = msgspec.convert(content, Result)
    return cells


def simulated(flip_ms: float) -> Measured:
    """Async gains with the distance and is equal at a known one; the cache gains from a hit ratio of one half."""
    measured = {}
    for seed, point in enumerate(point for group in points(EVERY).values() for point in group):
        gain = math.exp(0.3 * (math.log1p(point.database_ms or 0) - math.log1p(flip_ms)))
        cached = math.exp(0.5 - point.hit_ratio)
        factors = {"sync": 1.0, "async": 1 / gain, "sync-cached": cached, "async-cached": cached}
        measured[point] = turns_at(factors, point.hit_ratio, seed)
    return measured


def with_void(cells: Cells, batches: int) -> Cells:
    """Makes this number of batches of each phase void."""

    def late(batch: Batch) -> Batch:
        return msgspec.structs.replace(batch, void="late") if batch.batch < batches else batch

    turns = {
        name: {phase: list(map(late, found)) for phase, found in result.turns.items()} for name, result in cells.items()
    }
    return {name: msgspec.structs.replace(result, turns=turns[name]) for name, result in cells.items()}


def document(measured: Measured) -> Document:
    lines = [FactorLine(each.name, each.title, each.unit, list(each.levels), each.around._asdict()) for each in FACTORS]
    found = findings(measured, EVERY, PAIRS)
    return Document(1, "sweep", "", "", True, 30.0, {"page": 100.0}, lines, PAIRS, found, [], {})


ALL = [point for group in points(EVERY).values() for point in group]
TIMEOUT_S = 110


def test_each_point_is_measured_once_and_each_setting_started_once() -> None:
    assert len(ALL) == len(set(ALL))
    assert set(ALL) == {point for factor in FACTORS for point in factor.points()}
    assert all(point.setting == setting for setting, group in points(EVERY).items() for point in group)


def test_a_factor_is_varied_while_the_others_stay() -> None:
    for factor in FACTORS:
        for level, point in zip(factor.levels, factor.points(), strict=True):
            moved = {name for name, value in point._asdict().items() if value != getattr(factor.around, name)}
            assert moved <= {factor.name}
            assert getattr(point, factor.name) == level


def test_every_factor_spans_its_documented_range() -> None:
    spans = {factor.name: (min(factor.levels), max(factor.levels)) for factor in FACTORS}
    assert spans == {
        "concurrency": (1, 100),
        "database_ms": (0, 100),
        "hit_ratio": (0, 0.99),
        "connections": (4, 32),
        "in_flight": (12, 32),
    }


@pytest.mark.parametrize("name", ["connections", "in_flight"])
def test_there_are_enough_visitors_for_a_queue(name: str) -> None:
    (factor,) = (each for each in FACTORS if each.name == name)
    assert factor.around.concurrency >= max(factor.levels)


def test_no_level_exceeds_the_queue_of_a_service() -> None:
    for point in (point for factor in FACTORS for point in factor.points()):
        settings = Settings(combination="any", bind="any:1", database_url="mysql://", in_flight=int(point.in_flight))
        assert point.concurrency <= settings.in_flight + most_waiting(settings), point


def test_only_points_behind_the_proxy_have_a_delay() -> None:
    behind = {point.database_ms for point in ALL if point.setting.behind_proxy}
    assert behind == {0, 1, 5, 20, 100}
    assert Point().setting.environment == {"POOL": "16", "IN_FLIGHT": "32"}


def test_the_known_flips_are_found_and_printed() -> None:
    found = {(finding.factor, finding.comparison): finding for finding in findings(simulated(8.0), EVERY, PAIRS)}
    distance = found["database_ms", "async uncached"]
    assert distance.flip.kind == "flip"
    assert distance.flip.at == pytest.approx(8, rel=0.15)
    assert (distance.flip.low or 0) < 8 < (distance.flip.high or 0)
    assert re.search("async uncached .*better above", distance.sentence)
    hits = found["hit_ratio", "cache in sync"]
    assert hits.flip.at == pytest.approx(0.5, abs=0.05)
    assert ("hit_ratio", "async uncached") not in found
    assert found["connections", "async uncached"].sentence.startswith(
        "no flip between 4 and 32: async uncached is worse"
    )


def test_a_flip_is_denied_only_between_levels_that_count() -> None:
    (connections,) = (each for each in FACTORS if each.name == "connections")
    measured = {point: cells for point, cells in simulated(8.0).items() if point != connections.points()[-1]}
    found = {finding.comparison: finding for finding in findings(measured, ["connections"], PAIRS)}
    assert found["async uncached"].sentence.startswith("no flip between 4 and 16: async uncached is worse")


def test_without_a_flip_each_level_has_its_verdict() -> None:
    found = {(finding.factor, finding.comparison): finding for finding in findings(simulated(60.0), EVERY, PAIRS)}
    assert found["database_ms", "async uncached"].flip.kind == "flip"
    found = {(finding.factor, finding.comparison): finding for finding in findings(simulated(100.0), EVERY, PAIRS)}
    assert found["database_ms", "async uncached"].sentence.endswith("worse at 0 ms, 1 ms, 5 ms, 20 ms; same at 100 ms")


def test_each_level_has_a_ratio_with_an_interval() -> None:
    for finding in findings(simulated(8.0), EVERY, PAIRS):
        (factor,) = (each for each in FACTORS if each.name == finding.factor)
        assert [value.level for value in finding.values] == list(factor.levels)
        assert all(value.low < value.ratio < value.high for value in finding.values)


@pytest.mark.parametrize(("void", "kind"), [(2, "flip"), (3, "too few points")])
def test_a_level_with_more_than_a_fifth_of_void_batches_is_left_out(void: int, kind: Kind) -> None:
    measured = {
        point: with_void(cells, void) if point.database_ms is not None else cells
        for point, cells in simulated(8.0).items()
    }
    (found,) = [
        finding for finding in findings(measured, ["database_ms"], PAIRS) if finding.comparison == "async uncached"
    ]
    assert found.flip.kind == kind


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--minutes", "1"], "points need"),
        (["--minutes", "x"], "MINUTES=x"),
        (["--factors", "wind"], "FACTORS=wind"),
        (["--stack", "none"], "STACK=local"),
    ],
)
def test_unusable_options_are_refused(words: list[str], says: str) -> None:
    with pytest.raises((UnusableInput, UsageError), match=says):
        read_sweep(*words)


@pytest.mark.parametrize("minutes", [6, 9, 30])
def test_turns_fill_the_given_time(minutes: int) -> None:
    asked, _ = read_sweep("--minutes", str(minutes))
    turns = sum(asked.turns_s * weight(point) for point in ALL)
    assert turns + len(points(EVERY)) * START_S + len(ALL) * AROUND_S == pytest.approx(minutes * 60, rel=0.01)


def test_a_sweep_asks_for_pages_and_takes_less_than_ten_minutes() -> None:
    asked, plan = read_sweep()
    assert asked.minutes < 10
    assert plan.load["MIX"] == "page=100"
    assert read_sweep("--mix", "product=1")[1].load["MIX"] == "product=1"


def command(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "loadtests", "sweep", *words],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_a_measured_sweep_can_be_read_again(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    file.write_bytes(msgspec.json.encode(document(simulated(8.0))))
    done = command("--read", str(file))
    assert done.returncode == 0, done.stderr
    assert re.search("async uncached .*better above", done.stdout)


def test_a_file_that_is_no_sweep_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps({"schema": 2}))
    done = command("--read", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "or another file" in done.stderr
