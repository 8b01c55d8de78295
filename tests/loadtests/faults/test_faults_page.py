"""The page of the faults: what it shows is the run that is kept beside it."""

from pathlib import Path

from loadtests.analysis.read import COMBINATIONS
from loadtests.faults.output import BEGIN, END, has_marks, markdown
from loadtests.faults.table import FAULTS
from loadtests.schema.faults import Run
from loadtests.schema.files import read_json

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "faults.md"
KEPT = ROOT / "docs" / "measurements" / "faults.json"


def test_the_page_shows_the_kept_run_and_nothing_else() -> None:
    assert has_marks(PAGE)
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == markdown(read_json(KEPT, Run)).strip()


def test_the_kept_run_is_whole_and_broke_no_rule() -> None:
    cells = read_json(KEPT, Run).cells
    assert [cell.broken for cell in cells if cell.fails] == []
    met = {(fault.name, name) for fault in FAULTS for name in COMBINATIONS if fault.concerns(name.endswith("-cached"))}
    assert {(cell.fault, cell.combination) for cell in cells} == met
