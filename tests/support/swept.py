"""Turns at the points of a sweep whose answer is known."""

import math
from collections.abc import Mapping

import msgspec

from loadtests.analysis.batches import Cells
from loadtests.schema.result import Result
from loadtests.schema.sweep import Document, FactorLine
from loadtests.schema.turns import Batch
from loadtests.studies.sweep.factors import BY_NAME, FACTORS, points
from loadtests.studies.sweep.findings import Measured, findings
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
    """Async gains with the distance and is level at a known one; the cache gains once half of the answers are hits."""
    measured = {}
    for seed, point in enumerate(point for group in points(EVERY).values() for point in group):
        gain = math.exp(0.3 * (math.log1p(point.database_ms or 0) - math.log1p(flip_ms)))
        cached = math.exp(0.5 - point.hit_ratio)
        factors = {"sync": 1.0, "async": 1 / gain, "sync-cached": cached, "async-cached": cached}
        measured[point] = turns_at(factors, point.hit_ratio, seed)
    return measured


def with_void(cells: Cells, batches: int) -> Cells:
    """As many batches of each phase do not count."""

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
