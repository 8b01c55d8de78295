"""A sweep: its order, its length, what its cells say, and a file of it that is read again."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click import UsageError

from loadtests.schema.settings import UnusableInput
from loadtests.studies.sweep.cell import variables
from loadtests.studies.sweep.factors import CENTRE, FACTORS, Point, ordered, points, settings_of
from loadtests.studies.sweep.findings import findings
from loadtests.studies.sweep.options import AROUND_S, LEDGER_S, WARM_UP_S
from tests.support.command_line import read_sweep
from tests.support.sweep_cells import EVERY, PAIRS, document, simulated

AXES = {
    "sync": ("sync", False),
    "sync-cached": ("sync", True),
    "async": ("async", False),
    "async-cached": ("async", True),
}
TIMEOUT_S = 110


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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--minutes", "1"], "cells need"),
        (["--minutes", "x"], "MINUTES=x"),
        (["--factors", "wind"], "FACTORS=wind"),
        (["--stack", "none"], "STACK=local"),
    ],
)
def test_options_that_cannot_be_used_are_refused(words: list[str], says: str) -> None:
    with pytest.raises((UnusableInput, UsageError), match=says):
        read_sweep(*words)


def test_more_minutes_make_more_passes() -> None:
    short, long = (read_sweep("--minutes", minutes)[0] for minutes in ("20", "60"))
    assert short.passes < long.passes


@pytest.mark.parametrize("minutes", [12, 20, 30, 90])
def test_the_cells_fill_the_time_that_was_asked_for(minutes: int) -> None:
    asked, plan = read_sweep("--minutes", str(minutes))
    each = (
        asked.passes * len(points(EVERY)) * (WARM_UP_S + asked.measured_s + AROUND_S)
        + len(settings_of(EVERY)) * LEDGER_S
    )
    assert each * len(plan.names) == pytest.approx(minutes * 60, rel=0.01)


def test_half_an_hour_is_two_passes() -> None:
    assert read_sweep()[0].passes == 2


def command(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "loadtests", "sweep", *words],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def test_a_sweep_that_was_measured_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    file.write_bytes(msgspec.json.encode(document(simulated(8.0))))
    done = command("--read", str(file))
    assert done.returncode == 0, done.stderr
    assert "async uncached becomes better above" in done.stdout


def test_a_file_that_is_no_sweep_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps({"schema": 2}))
    done = command("--read", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert "or another file" in done.stderr
