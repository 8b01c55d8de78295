"""The page of the faults shows the committed run."""

from pathlib import Path

from loadtests.analysis.read import COMBINATIONS
from loadtests.faults.table import FAULTS
from loadtests.schema.faults import Run
from loadtests.schema.files import read_json
from tests.support.fault_cells import cell, written
from tools.faults_page import BEGIN, END, KEPT, PAGE, markdown, write_page


def test_the_page_shows_the_kept_run_and_nothing_else() -> None:
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == markdown(read_json(KEPT, Run)).strip()


def test_the_kept_run_is_complete_and_broke_no_rule() -> None:
    cells = read_json(KEPT, Run).cells
    assert [cell.broken for cell in cells if cell.fails] == []
    met = {(fault.name, name) for fault in FAULTS for name in COMBINATIONS if fault.concerns(name.endswith("-cached"))}
    assert {(cell.fault, cell.combination) for cell in cells} == met


def test_a_page_gets_a_run_between_its_marks_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- the run -->\nold\n<!-- the end of the run -->\nafter\n")
    broken = cell(combination="async-cached", broken=["1 stale | read"], finding="So.")
    write_page(read_json(written(tmp_path, cell(excused=2), broken), Run), page)
    text = page.read_text()
    assert text.startswith("before\n<!-- the run -->\n")
    assert text.endswith("<!-- the end of the run -->\nafter\n")
    assert "| - | 0 of 500, 0.20 s, 2 stale after a failed invalidation | - | 0 of 500, 0.20 s |" in text
    assert "- Redis killed with -9, async-cached: 1 stale | read." in text
