"""Shortened faults on real services under load: each takes place, is survived, and is judged."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from compose.local.options import StackOptions
from loadtests.faults.drive import drive
from loadtests.faults.fault import Evidence, ReadEvidence
from loadtests.faults.table import FAULTS
from loadtests.faults.target import FaultTarget, fault_targets
from loadtests.schema.faults import Cell
from tests.support.stacks import free_base

# The recovery time is measured.
pytestmark = [pytest.mark.timed, pytest.mark.usefixtures("servers")]
BEFORE, HELD, AFTER = 1.0, 1.5, 2.5
CELLS = [
    ("redis-killed", "async-cached"),
    ("database-killed", "sync"),
    ("worker-killed", "sync"),
    ("worker-killed", "async-cached"),
    ("lock-wait", "async-cached"),
    ("overload", "async-cached"),
    ("slow-senders", "async-cached"),
]


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, FaultTarget]]:
    with fault_targets(StackOptions(workers=2, port_base=free_base(), only=()), ["sync", "async-cached"]) as running:
        yield running


def short(name: str, target: FaultTarget) -> Cell:
    fault = next(fault for fault in FAULTS if fault.name == name)
    held = max(HELD, 2.5) if name == "lock-wait" else HELD  # longer than a service waits for a lock
    return drive(target, replace(fault, seconds=held, after=AFTER), lambda line: None, BEFORE)


@pytest.mark.parametrize(("name", "combination"), CELLS)
def test_a_fault_takes_place_and_breaks_no_rule(targets: dict[str, FaultTarget], name: str, combination: str) -> None:
    cell = short(name, targets[combination])
    assert cell.happened, cell.evidence
    assert cell.broken == []
    assert cell.requests > 100
    assert cell.after.answers > 50


@contextmanager
def nothing(_target: FaultTarget) -> Iterator[ReadEvidence]:
    """A fault that does nothing."""

    def look() -> Evidence:
        raise ConnectionRefusedError("nobody there")

    yield look


def test_a_fault_without_evidence_does_not_count_as_survived(targets: dict[str, FaultTarget]) -> None:
    fault = replace(FAULTS[0], inject=nothing, seconds=0.2, after=0.5)
    cell = drive(targets["sync"], fault, lambda line: None, 0.2)
    assert (cell.happened, len(cell.broken)) == (False, 1)
    assert "nobody there" in cell.evidence
