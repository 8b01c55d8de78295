"""Where the reader is in a sweep, and what follows there."""

import math
import random

import pytest

from loadtests.schema.sweep import Cell
from loadtests.studies.sweep.factors import points
from loadtests.studies.sweep.projection import OwnFigures, positions, projections
from tests.support.sweep_cells import cell, document, simulated


def test_you_are_here_names_the_nearest_point_and_what_follows() -> None:
    sweep = document(simulated(8.0))
    own = OwnFigures(database_ms=20.5, hit_ratio=0.9, concurrency=50)
    nearest = {position.factor: position.nearest for position in positions(sweep, own)}
    assert nearest == {"database_ms": 20, "hit_ratio": 0.95, "concurrency": 50}
    said = {projection.comparison: projection for projection in projections(sweep, own)}
    assert said["async uncached"].verdict == "better"
    assert said["async uncached"].ratio == pytest.approx(math.exp(0.3 * math.log(21 / 9)), rel=0.05)
    assert said["cache in sync"].ratio == pytest.approx(math.exp(0.4), rel=0.1)
    near = {projection.comparison: projection for projection in projections(sweep, OwnFigures(database_ms=1))}
    assert near["async uncached"].verdict == "worse"


def test_a_reader_outside_of_the_sweep_is_told_so() -> None:
    (position,) = positions(document(simulated(8.0)), OwnFigures(database_ms=400))
    assert position.used == 100
    assert "outside of 0 ms to 100 ms" in position.note


def noisy(passes: int, seed: int) -> list[Cell]:
    """Cells in which async gains with the distance and with nothing else, each ratio 10 % off."""
    chance = random.Random(seed)
    measured = [(passed, point) for passed in range(1, passes + 1) for point in points(("database_ms", "concurrency"))]
    cells = []
    for passed, point in measured:
        gain = 0.3 * (math.log1p(point.settings["database_ms"]) - math.log1p(8))
        cells.append(cell(point, "sync", 20.0, passed, database_ms=0.0))
        cells.append(cell(point, "async", 20.0 / math.exp(gain + chance.gauss(0, 0.1)), passed, database_ms=0.0))
    return cells


@pytest.mark.parametrize("passes", [1, 2, 3])
@pytest.mark.parametrize("own", [OwnFigures(database_ms=20), OwnFigures(database_ms=20, concurrency=100)])
def test_the_interval_where_you_are_holds_the_known_ratio_as_often_as_it_says(passes: int, own: OwnFigures) -> None:
    known, runs, held = math.exp(0.3 * math.log(21 / 9)), 200, 0
    for seed in range(runs):
        (projection, _) = projections(document(noisy(passes, seed)), own)
        assert projection.low is not None
        assert projection.high is not None
        held += projection.low <= known <= projection.high
    assert held >= 0.92 * runs


def test_a_centre_that_was_measured_once_alone_has_no_interval() -> None:
    hits = OwnFigures(hit_ratio=0.9)
    for passes, known in ((1, False), (2, True)):
        uncached = projections(document(noisy(passes, 1)), hits)[0]
        assert uncached.ratio is not None
        assert (uncached.low is not None) is known
        assert ("measured once" in uncached.verdict) is not known
