"""Faults on real services under load, cut short: each takes place, is survived, and is judged."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from compose.local.options import StackOptions
from loadtests.faults.cell import Cell
from loadtests.faults.drive import drive
from loadtests.faults.fault import Evidence
from loadtests.faults.local import scenes
from loadtests.faults.scene import Scene
from loadtests.faults.table import ROWS
from tests.support.stacks import free_base

# How soon a service is back is measured.
pytestmark = pytest.mark.alone
BEFORE, HELD, AFTER = 1.0, 1.5, 2.5
CELLS = [
    ("redis-killed", "async-cached"),
    ("database-killed", "sync"),
    ("worker-killed", "sync"),
    ("worker-killed", "async-cached"),
    ("lock-wait", "async-cached"),
]


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Scene]]:
    with scenes(StackOptions(workers=2, port_base=free_base(), only=()), ["sync", "async-cached"]) as running:
        yield running


def short(name: str, scene: Scene) -> Cell:
    row = next(row for row in ROWS if row.name == name)
    held = max(HELD, 2.5) if name == "lock-wait" else HELD  # longer than a service waits for a lock
    return drive(scene, replace(row, seconds=held, after=AFTER), lambda line: None, BEFORE)


@pytest.mark.parametrize(("name", "combination"), CELLS)
def test_a_fault_takes_place_and_breaks_no_rule(found: dict[str, Scene], name: str, combination: str) -> None:
    cell = short(name, found[combination])
    assert cell.happened, cell.evidence
    assert cell.broken == []
    assert cell.requests > 100
    assert cell.after.answers > 50


class Nothing:
    """A fault that is none."""

    def inject(self, scene: Scene) -> None: ...

    def evidence(self, scene: Scene) -> Evidence:
        raise ConnectionRefusedError("nobody there")

    def lift(self, scene: Scene) -> None: ...


def test_a_fault_without_evidence_is_no_fault_that_was_survived(found: dict[str, Scene]) -> None:
    row = replace(ROWS[0], fault=Nothing(), seconds=0.2, after=0.5)
    cell = drive(found["sync"], row, lambda line: None, 0.2)
    assert cell.broken == ["no evidence that the fault took place"]
    assert "nobody there" in cell.evidence
