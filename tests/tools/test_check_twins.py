"""The check of the twins lets good twins pass and catches each kind of fault."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.broken_twins import FAULTS, UNUSABLES, Broken
from tests.support.small_twins import SYNC_STORE, Place, good_twins
from tools.check_twins import FAULTY, GOOD, UNUSABLE, main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return good_twins(tmp_path)


def test_good_twins_pass(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(place.options) == GOOD
    assert "4 files mirror each other, 1 of them seams" in capsys.readouterr().out


def test_a_difference_that_the_formatter_removes_is_no_fault(place: Place) -> None:
    place.change("sync/store.py", '"Store"', "'Store'")
    assert main(place.options) == GOOD


@pytest.mark.parametrize("broken", FAULTS, ids=lambda broken: broken.name)
def test_a_fault_is_caught(place: Place, broken: Broken, capsys: pytest.CaptureFixture[str]) -> None:
    broken.breaks(place)
    assert main(place.options) == FAULTY
    assert broken.told in capsys.readouterr().out


@pytest.mark.parametrize("broken", UNUSABLES, ids=lambda broken: broken.name)
def test_unusable_input_gives_one_line_with_the_reason(
    place: Place, broken: Broken, capsys: pytest.CaptureFixture[str]
) -> None:
    broken.breaks(place)
    assert main(place.options) == UNUSABLE
    told = capsys.readouterr().err
    assert broken.told in told
    assert told.count("\n") == 1


def test_write_derives_the_sync_side_except_seams(place: Place) -> None:
    (place.folder / "sync/store.py").unlink()
    place.change("sync/pool.py", "_queue.get", "_line.get")
    assert main([*place.options, "--write"]) == GOOD
    assert (place.folder / "sync/store.py").read_text() == SYNC_STORE
    assert "_line.get" in (place.folder / "sync/pool.py").read_text()


def test_both_ways_of_starting_the_check_agree(place: Place) -> None:
    place.change("sync/store.py", "number)", "1)")
    runs = [
        subprocess.run(
            [sys.executable, *start, *place.options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for start in (["-m", "tools.check_twins"], ["tools/check_twins.py"])
    ]
    assert [run.returncode for run in runs] == [FAULTY, FAULTY]
    assert runs[0].stdout == runs[1].stdout != ""
