"""The page of the faults: what it shows is the run that is kept beside it."""

from pathlib import Path

from loadtests.faults.kept import read
from loadtests.faults.matrix_markdown import BEGIN, END, has_marks, markdown
from loadtests.faults.table import ROWS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "faults.md"
KEPT = ROOT / "docs" / "measurements" / "faults.json"


def test_the_page_shows_the_kept_run_and_nothing_else() -> None:
    assert has_marks(PAGE)
    shown = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == (markdown(read(KEPT)).strip() if KEPT.exists() else "")


def test_the_kept_run_is_whole_and_broke_no_rule() -> None:
    cells = read(KEPT).cells if KEPT.exists() else []
    assert [cell.broken for cell in cells if cell.fails] == []
    assert not cells or {cell.fault for cell in cells} == {row.name for row in ROWS}
