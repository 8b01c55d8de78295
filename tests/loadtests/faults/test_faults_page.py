"""The page of the faults: what it shows is the run that is kept beside it."""

from pathlib import Path

from loadtests.analysis.read import COMBINATIONS
from loadtests.faults.output import BEGIN, END, has_marks, markdown, read
from loadtests.faults.table import FAULTS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "faults.md"
KEPT = ROOT / "docs" / "measurements" / "faults.json"


def test_the_page_shows_the_kept_run_and_nothing_else() -> None:
    assert has_marks(PAGE)
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == markdown(read(KEPT)).strip()


def test_the_kept_run_is_whole_and_broke_no_rule() -> None:
    cells = read(KEPT).cells
    assert [cell.broken for cell in cells if cell.fails] == []
    met = {(fault.name, name) for fault in FAULTS for name in COMBINATIONS if fault.concerns(name.endswith("-cached"))}
    assert {(cell.fault, cell.combination) for cell in cells} == met
