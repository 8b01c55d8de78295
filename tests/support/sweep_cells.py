"""Cells of a sweep whose answer is known."""

import math
from typing import Any

import msgspec

from loadtests.schema.sweep import Cell, Document, FactorLine
from loadtests.studies.sweep.cell import unmeasured
from loadtests.studies.sweep.factors import BY_NAME, CENTRE, FACTORS, Point, points
from loadtests.studies.sweep.findings import findings

PAIRS = {"async uncached": ("sync", "async"), "cache in sync": ("sync", "sync-cached")}
EVERY = tuple(BY_NAME)


def cell(point: Point, name: str, average: float, passed: int = 1, hit: float | None = None, **changes: Any) -> Cell:
    blank = unmeasured(1, passed, point, name, "")
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


def document(cells: list[Cell]) -> Document:
    lines = [
        FactorLine(each.name, each.title, each.unit, list(each.levels), each.centre, each.injected) for each in FACTORS
    ]
    return Document(
        1, "sweep", "", "", True, 30, 2, 1, 1, dict(CENTRE), lines, PAIRS, findings(cells, EVERY, PAIRS), cells, {}
    )
