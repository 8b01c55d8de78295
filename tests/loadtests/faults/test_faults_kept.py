"""A kept run of the fault matrix: some of its cells can be measured again."""

from pathlib import Path

import pytest

from compose.local.failures import StackError
from loadtests.faults import output as kept
from loadtests.schema.faults import Run
from loadtests.schema.files import read_json
from tests.support.fault_cells import cell, written


def test_a_cell_replaces_the_one_of_its_fault_and_combination(tmp_path: Path) -> None:
    run = read_json(written(tmp_path, cell(), cell(combination="async-cached"), cell(fault="redis-full")), Run)
    kept.record(run, cell(combination="async-cached", worst_s=0.3))
    kept.record(run, cell(fault="redis-slow"))
    assert [each.worst_s for each in run.cells] == [0.2, 0.3, 0.2, 0.2]
    assert [each.fault for each in run.cells] == ["redis-killed", "redis-killed", "redis-full", "redis-slow"]


def test_a_continued_run_names_both_commands_and_keeps_its_cells(tmp_path: Path) -> None:
    earlier, later = read_json(written(tmp_path, cell()), Run), read_json(written(tmp_path), Run)
    later.command = "y"
    assert kept.continued(earlier, later).command == "x, then y"
    assert earlier.cells == [cell()]


def test_a_run_of_another_machine_is_not_continued(tmp_path: Path) -> None:
    earlier, later = read_json(written(tmp_path, cell()), Run), read_json(written(tmp_path), Run)
    later.host = {"cpu": "another"}
    with pytest.raises(StackError, match="another machine"):
        kept.continued(earlier, later)
