"""A sweep: its order, what its cells say, where the reader is, and a short one over the real stack."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compose.local import Stack
from compose.ports import taken
from loadtests.plan import UnusableInput
from loadtests.sweep.asked import read_asked
from loadtests.sweep.cells import nothing, variables
from loadtests.sweep.course import Course
from loadtests.sweep.document import Cell, Document, FactorLine
from loadtests.sweep.factors import BY_NAME, CENTRE, FACTORS, Point, ordered, points
from loadtests.sweep.findings import findings
from loadtests.sweep.here import Here, outlooks, places
from loadtests.sweep.target import SweepTarget, sweep_target

pytestmark = pytest.mark.alone

AXES = {
    "sync": ("sync", False),
    "sync-cached": ("sync", True),
    "async": ("async", False),
    "async-cached": ("async", True),
}
PAIRS = {"async uncached": ("sync", "async"), "cache in sync": ("sync", "sync-cached")}
EVERY = tuple(BY_NAME)
TIMEOUT_S = 110
FAR, COLD, POOL = Point("database_ms", 100), Point("hit_ratio", 0.5), Point("connections", 4)


def test_each_pass_has_every_point_once_in_another_order() -> None:
    cells = list(ordered(EVERY, AXES, 2, seed=1))
    first, second = ([cell for cell in cells if cell[0] == number] for number in (1, 2))
    assert len(first) == len(second) == 4 * len(points(EVERY))
    assert {cell[1:] for cell in first} == {cell[1:] for cell in second}
    assert [cell[1] for cell in first] != [cell[1] for cell in second]
    assert [cell[1] for cell in first] != sorted(cell[1] for cell in first)


def test_sync_and_async_follow_each_other_and_each_is_first_equally_often() -> None:
    names = [cell[2] for cell in ordered(EVERY, AXES, 4, seed=1)]
    firsts = []
    for start in range(0, len(names), 2):
        pair = names[start : start + 2]
        assert {name.partition("-")[2] for name in pair} in ({""}, {"cached"})
        assert {name.partition("-")[0] for name in pair} == {"sync", "async"}
        firsts.append(pair[0])
    for name in AXES:
        assert firsts.count(name) == pytest.approx(len(firsts) / 4, abs=1)


def test_one_factor_at_a_time_leaves_the_centre() -> None:
    for point in points(EVERY):
        moved = [name for name, level in point.settings.items() if level != CENTRE[name]]
        assert moved in ([], [point.factor])


def test_every_factor_spans_what_it_is_to_span() -> None:
    spans = {factor.name: (min(factor.levels), max(factor.levels)) for factor in FACTORS}
    assert spans == {
        "concurrency": (10, 1000),
        "database_ms": (0, 100),
        "hit_ratio": (0, 0.99),
        "connections": (4, 64),
        "in_flight": (8, 64),
    }


def test_a_load_is_a_closed_loop_without_think_time() -> None:
    given = variables(Point("concurrency", 300), 2)
    assert (given["VUS"], given["THINK"], given["RATE"]) == ("300", "0", "")


def cell(point: Point, name: str, average: float, passed: int = 1, hit: float | None = None, **changes: Any) -> Cell:
    blank = nothing(1, passed, point, name, "")
    content = {"void": [], "requests": 100, "latency_ms": {"avg": average}, "hit_ratio": hit, "database_ms": 0.5}
    return msgspec.structs.replace(blank, **(content | changes))


def simulated(flip_at: float, passes: int = 2) -> list[Cell]:
    """Cells in which async gains with the distance and is level at a known one, and the cache gains with its hits."""
    cells: list[Cell] = []
    for passed in range(1, passes + 1):
        for point in points(EVERY):
            distance, hits = point.settings["database_ms"], point.settings["hit_ratio"]
            wobble = 1 + 0.01 * math.sin(7 * len(cells))
            gain = math.exp(0.3 * (math.log1p(distance) - math.log1p(flip_at))) * wobble
            cells.append(cell(point, "sync", 20.0, passed))
            cells.append(cell(point, "async", 20.0 / gain, passed))
            # Half of the hits have to be there before the cache pays.
            cells.append(cell(point, "sync-cached", 20.0 * math.exp(0.5 - hits) * wobble, passed, hit=hits))
    return cells


def test_the_known_flips_are_found_and_said() -> None:
    found = {(one.factor, one.comparison): one for one in findings(simulated(8.0), EVERY, PAIRS)}
    distance = found["database_ms", "async uncached"]
    assert distance.flip.kind == "flip"
    assert distance.flip.at == pytest.approx(8, rel=0.15)
    assert "async uncached becomes better above" in distance.sentence
    hits = found["hit_ratio", "cache in sync"]
    assert hits.flip.at == pytest.approx(0.5, abs=0.05)
    assert ("hit_ratio", "async uncached") not in found
    assert found["connections", "async uncached"].sentence.startswith(
        "no flip between 4 and 64: async uncached is worse"
    )


def test_a_void_cell_takes_its_pair_out() -> None:
    cells = [
        msgspec.structs.replace(one, void=["k6"]) if one.factor == "database_ms" else one for one in simulated(8.0)
    ]
    (found,) = [one for one in findings(cells, ["database_ms"], PAIRS) if one.comparison == "async uncached"]
    assert found.flip.kind == "too few points"


def document(cells: list[Cell]) -> Document:
    lines = [
        FactorLine(each.name, each.title, each.unit, list(each.levels), each.centre, each.injected) for each in FACTORS
    ]
    return Document(
        1, "sweep", "", "", True, 30, 2, 1, 1, dict(CENTRE), lines, PAIRS, findings(cells, EVERY, PAIRS), cells, {}
    )


def test_you_are_here_names_the_nearest_point_and_what_follows() -> None:
    sweep = document(simulated(8.0))
    here = Here(database_ms=20.5, hit_ratio=0.9, concurrency=50)
    nearest = {place.factor: place.nearest for place in places(sweep, here)}
    assert nearest == {"database_ms": 20, "hit_ratio": 0.95, "concurrency": 50}
    said = {outlook.comparison: outlook for outlook in outlooks(sweep, here)}
    assert said["async uncached"].verdict == "better"
    assert said["async uncached"].ratio == pytest.approx(math.exp(0.3 * math.log(21 / 9)), rel=0.05)
    assert said["cache in sync"].ratio == pytest.approx(math.exp(0.4), rel=0.1)
    near = {outlook.comparison: outlook for outlook in outlooks(sweep, Here(database_ms=1))}
    assert near["async uncached"].verdict == "worse"


def test_a_reader_outside_of_the_sweep_is_told_so() -> None:
    (place,) = places(document(simulated(8.0)), Here(database_ms=400))
    assert place.used == 100
    assert "outside of 0 ms to 100 ms" in place.note


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--minutes", "1"], "cells need"),
        (["--minutes", "x"], "MINUTES=x"),
        (["--factors", "wind"], "there is no wind"),
        (["--stack", "none"], "STACK=local"),
        (["--hit-ratio", "2"], "HIT_RATIO=2"),
    ],
)
def test_options_that_cannot_be_used_are_refused(words: list[str], says: str) -> None:
    with pytest.raises(UnusableInput, match=says):
        read_asked(words)


def test_more_minutes_make_more_passes() -> None:
    short, long = (read_asked(["--minutes", minutes])[0] for minutes in ("20", "60"))
    assert short.passes < long.passes


@pytest.fixture
def target(stack: Stack) -> Iterator[SweepTarget]:
    """The shared stack as a sweep uses it: one service up at a time; afterwards all are up again."""
    try:
        with sweep_target(stack) as target:
            yield target
    finally:
        for service in stack.services.values():
            service.restart()


def test_points_are_measured_over_the_real_stack_with_what_they_vary(
    stack: Stack, target: SweepTarget, tmp_path: Path
) -> None:
    words = ["--factors", "database_ms,hit_ratio", "--combinations", "sync-cached", "--minutes", "2"]
    asked, plan = read_asked([*words, "--port-base", str(stack.options.port_base)])
    asked = asked._replace(passes=1, measured_s=1.0)
    chosen = [(1, point, "sync-cached") for point in (FAR, COLD, POOL)]
    run = {"versions": target.versions()}
    sweep = Course(asked, plan, tmp_path, run, chosen).measure(target)
    far, cold, pool = sweep.cells
    assert [one.void for one in sweep.cells if one.failed] == []
    assert far.injected == ["database 100 ms away, by a proxy"]
    assert (far.latency_ms["max"] or 0) > 100
    assert cold.hit_ratio == pytest.approx(0.5, abs=0.1)
    assert cold.injected == []
    assert pool.settings["connections"] == 4
    assert msgspec.json.decode((tmp_path / "sweep.json").read_bytes(), type=Document) == sweep
    up = [name for name, service in stack.services.items() if taken(service.port)]
    assert up == ["sync-cached"]


def command(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "loadtests.sweep", *words],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_a_sweep_that_was_measured_is_read_again_and_says_where_you_are(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    file.write_bytes(msgspec.json.encode(document(simulated(8.0))))
    done = command("--read", str(file), "--database-ms", "30", "--visitors", "100")
    assert done.returncode == 0, done.stderr
    assert "async uncached becomes better above" in done.stdout
    assert "You are here" in done.stdout
    assert "the nearest level is 20 ms" in done.stdout


def test_a_file_that_is_no_sweep_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps({"schema": 2}))
    done = command("--read", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is no sweep.json" in done.stderr
