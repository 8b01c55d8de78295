"""Reports as files: complete or missing, with measured content only; and the list of earlier runs."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.cli.main import main
from loadtests.report.charts.base import COLOURS
from loadtests.report.memo import escaped
from loadtests.report.page import LIBRARY
from loadtests.verdict.wording import NOTHING
from tests.support.simulated_results import COMBINATIONS, bound_by, document, save, write_divided_rounds, write_rounds
from tests.support.study_files import capacity_file, searched, step

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}
FILES = ("comparison.json", "report.html", "report.md")
MEGABYTE = 1024 * 1024
ORIGIN = (
    "Project objective",
    "Technology stack",
    "System architecture",
    "Load testing scenario",
    "Performance metrics before",
    "Performance metrics after",
    "Conclusion",
)
ORIGINS_ROWS = ("Average response time", "p95 latency", "Throughput", "Error rate")
SECTIONS = (
    "four",
    "effects",
    "distribution",
    "course",
    "bottleneck",
    "capacity",
    "sweep",
    "faults",
    "void",
    "ledger",
    "again",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_divided_rounds(tmp_path, LATENCIES, rounds=4, noise=0.02)
    return tmp_path


def test_a_report_is_three_files_and_does_not_change_the_comparison(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(folder), "--json"]) == 0
    before = capsys.readouterr().out
    assert main(["compare", str(folder), "--report", "--json"]) == 0
    assert capsys.readouterr().out == before
    assert {path.name for path in folder.iterdir()} >= set(FILES)
    kept = json.loads((folder / "comparison.json").read_text())
    assert json.loads(before).items() <= kept.items()
    assert main(["compare", str(folder), "--json"]) == 0
    assert capsys.readouterr().out == before


def test_the_page_is_one_small_file_in_the_order_of_the_questions(folder: Path) -> None:
    page = folder / "elsewhere.html"
    assert main(["compare", str(folder), "--html", str(page)]) == 0
    text = page.read_text()
    assert page.stat().st_size < 2 * MEGABYTE
    assert re.findall(r'<section id="([a-z]+)"', text) == list(SECTIONS)
    markup = text.partition('<script type="application/json"')[0]
    assert not re.search(r'(src|href)="(?!data:|#)', markup)
    assert all(colour in text for colour in COLOURS.values())
    assert not (folder / "report.html").exists()


def test_the_memo_has_the_parts_of_the_origins_report(folder: Path) -> None:
    memo = folder / "memo.md"
    assert main(["compare", str(folder), "--markdown", str(memo)]) == 0
    text = memo.read_text()
    assert re.findall(r"^## \d\. (.*)$", text, re.MULTILINE) == list(ORIGIN)
    # The lines of the origin's table; further parts come after its report.
    rows = re.findall(r"^\| ([A-Za-z0-9 ]+) \| [0-9]", text.partition("## 7.")[0], re.MULTILINE)
    assert [row for row in rows if row in ORIGINS_ROWS] == list(ORIGINS_ROWS)
    assert text.index("## Details") > text.index("## 7.")
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| ") and "ms" in line}
    assert widths == {len(COMBINATIONS) + 2}


def test_the_chart_library_is_there_without_npm_and_with_its_licence() -> None:
    assert b"plotly.js (basic - minified) v4.1.1" in LIBRARY.read_bytes()[:200]
    assert "MIT" in (LIBRARY.parent / "LICENSE").read_text()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "async.round-1.json").write_bytes(b'{"schema": 1'), "broken or cut short"),
        (lambda folder: (folder / "async.round-1.json").write_text("[]"), "names no schema"),
        (lambda folder: (folder / "run.json").write_text('{"ledger": {"sync": 3}}'), "no ledger that can be read"),
        (lambda folder: (folder / "run.json").write_text("{"), "broken or cut short"),
        (lambda folder: (folder / "report.html").mkdir(), "is a folder"),
    ],
)
def test_a_failed_report_gives_one_line_and_leaves_no_partial_report(
    folder: Path, damage: Callable[[Path], object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(folder)
    before = sorted(folder.iterdir())
    assert main(["compare", str(folder), "--report"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert words in printed.err
    assert sorted(folder.iterdir()) == before


def test_a_failed_report_keeps_the_earlier_one(folder: Path) -> None:
    assert main(["compare", str(folder), "--report"]) == 0
    earlier = (folder / "report.html").read_bytes()
    (folder / "sync.round-2.json").write_text("{")
    assert main(["compare", str(folder), "--report"]) == 2
    assert (folder / "report.html").read_bytes() == earlier


def test_a_missing_folder_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(folder), "--html", str(folder / "nowhere" / "report.html")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_run_of_void_cells_is_reported_as_void(tmp_path: Path) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, failed=1))
    assert main(["compare", str(tmp_path), "--report"]) == 4
    assert NOTHING in (tmp_path / "report.html").read_text()


def test_two_combinations_of_a_user_are_reported(tmp_path: Path) -> None:
    for name in ("flask", "django"):
        save(tmp_path, document(name, varies={"stack": name, "cache": False}))
    assert main(["compare", str(tmp_path), "--report"]) == 0
    assert "django" in (tmp_path / "report.md").read_text()


@pytest.mark.parametrize("blind", [("async",), ("async-cached",), ("async", "async-cached")])
def test_the_headline_names_the_pair_that_the_load_cannot_decide(tmp_path: Path, blind: tuple[str, ...]) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, server=bound_by("k6" if name in blind else "service")))
    assert main(["compare", str(tmp_path), "--report"]) == 0
    found = json.loads((tmp_path / "comparison.json").read_text())["recommendation"]
    assert len(found["unseen"]) == len(blind)
    assert all(why in found["headline"][-1] for why in found["unseen"].values())
    assert " ".join(found["headline"]) in (tmp_path / "report.html").read_text()


CAPACITY = capacity_file([searched("sync", 200, None, step("search", 200, "held", p95=20.0))], {})


def test_a_capacity_run_beside_the_run_is_shown_with_its_date(folder: Path) -> None:
    beside = folder / "20261120T100000Z-capacity"
    run = folder / "20261121T100000Z-quick"
    for made in (beside, run):
        made.mkdir()
    (beside / "capacity.json").write_text(json.dumps(CAPACITY))
    write_rounds(run, LATENCIES, rounds=2)
    assert main(["compare", str(run), "--report"]) == 0
    text = (run / "report.html").read_text()
    assert "20261120T100000Z-capacity/capacity.json, measured 2026-11-20 10:00 UTC" in text
    assert 'id="capacity-0"' in text


@pytest.mark.parametrize("name", ["capacity.json", "sweep.json", "faults.json"])
def test_a_broken_run_of_another_kind_ends_in_one_line(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text('{"started_at": 1')
    assert main(["compare", str(folder), "--report"]) == 2
    assert name in capsys.readouterr().err
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a|b", "a\\|b"), ("<b>", "\\<b\\>"), ("[x](y)", "\\[x\\](y)"), ("one\ntwo", "one two"), ("a_b*c", "a\\_b\\*c")],
)
def test_names_are_text_in_the_memo(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_earlier_runs_are_listed_newest_first_and_broken_ones_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("20260101T000000Z-quick", "20260102T000000Z-quick"):
        (tmp_path / name).mkdir()
        write_rounds(tmp_path / name, LATENCIES, rounds=2)
    (tmp_path / "20260103T000000Z-quick").mkdir()
    (tmp_path / "20260103T000000Z-quick" / "sync.json").write_text("{")
    assert main(["compare", "--list", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    places = [printed.index(day) for day in ("20260103", "20260102", "20260101")]
    assert places == sorted(places)
    assert "unusable" in printed


def test_without_earlier_runs_the_list_gives_the_command_that_makes_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "--list", str(tmp_path)]) == 2
    assert "make matrix" in capsys.readouterr().err
