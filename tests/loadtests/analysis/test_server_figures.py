"""The server's side in tables: figures by combination, and the statements that cost most."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.analysis.server_figures import top_statements
from loadtests.cli.main import main
from loadtests.report.document import Document, document_of, load
from loadtests.report.tables import server_tables
from loadtests.verdict.comparison import Comparison
from tests.support.simulated_results import COMBINATIONS, bound_by, document, save

SEEN = {
    "waits": {"pool": {"count": 10, "avg_ms": 244.0}, "lag": {"count": 0, "avg_ms": None}},
    "workers": {"1": 0.55, "2": 0.45},
    "database": {"Questions": 720.0, "Handler_read_key": 300.0, "Handler_read_next": 60.0},
    "redis": {"total_commands_processed": 1080.0, "evicted_keys": 0.0},
}
EXPECTED = {
    "Wait for a database connection, average ms": 244.0,
    "Requests of the busiest worker, %": 55.0,
    "Peak memory of the service, MB": 50.0,
    "Statements per request": 2.0,
    "Rows that the database read, per request": 1.0,
    "Redis commands per request": 3.0,
    "Redis' keys that were evicted": 0.0,
}
UNKNOWN = ("Lag of thread or event loop, average ms", "Wait for a thread or a place, average ms", "Clients of Redis")


def statement(name: str, executions: int, total_ms: float) -> dict[str, Any]:
    each = {"avg_ms": total_ms / executions, "rows_examined": 10 * executions}
    return {"statement": name, "routes": [name.lower()], "executions": executions, "total_ms": total_ms, **each}


def reported(folder: Path) -> tuple[Comparison, Document]:
    loaded = load(folder)
    return loaded.comparison, document_of(loaded)


def test_figures_are_per_request_and_unknown_ones_are_left_out(tmp_path: Path) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, server=bound_by("service") | SEEN))
    figures = dict(reported(tmp_path)[1]["report"]["server"])
    assert {label: figures[label]["async"] for label in EXPECTED} == pytest.approx(EXPECTED)
    assert not set(UNKNOWN) & set(figures)


def test_a_figure_is_the_median_over_rounds_and_a_dash_if_missing(tmp_path: Path) -> None:
    for number, memory in enumerate((10.0, 30.0, 20.0), 1):
        programs = {"service": {"cpu_s": 1.0, "peak_rss_mb": memory}}
        save(tmp_path, document("sync", number, server={"programs": programs}))
        save(tmp_path, document("async", number, server=None))
    (_, table) = server_tables(reported(tmp_path)[1])
    assert table.rows == [("Peak memory of the service, MB", "20", None)]


def test_the_costliest_statements_are_over_all_rounds_without_the_cache(tmp_path: Path) -> None:
    first = [statement("A", 10, 50.0), statement("B", 1, 40.0), statement("C", 1, 9.0), statement("D", 1, 1.0)]
    second = [statement("B", 3, 100.0)]
    for number, statements in enumerate((first, second), 1):
        for name in COMBINATIONS:
            save(tmp_path, document(name, number, server=bound_by("service") | {"statements": statements}))
    lines = reported(tmp_path)[1]["report"]["statements"]
    assert [(line["combination"], line["statement"]) for line in lines] == [
        (name, letter) for name in ("sync", "async") for letter in "BAC"
    ]
    assert (lines[0]["share"], lines[0]["executions"], lines[0]["each_ms"], lines[0]["rows_each"]) == (0.7, 4, 35, 10)


def test_rounds_without_statements_have_no_costliest() -> None:
    assert top_statements([], ["sync"]) == []


def test_utilization_and_demand_are_in_the_text_the_page_and_the_memo(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, server=bound_by("database") | {"statements": [statement("REVENUE", 9, 90.0)]}))
    assert main(["compare", str(tmp_path), "--report"]) == 0
    capsys.readouterr()
    assert main(["compare", str(tmp_path), "--section", "resources"]) == 0
    # 6.8 s of 8 s for 360 requests.
    shown = "85.0 %, 18.9 ms, binds"
    assert capsys.readouterr().out.count("85.0 %, 18.9") == len(COMBINATIONS)
    for name in ("report.html", "report.md"):
        text = (tmp_path / name).read_text()
        assert text.count(shown) == len(COMBINATIONS)
        assert "sync: REVENUE (revenue)" in text
        assert "sync-cached: REVENUE" not in text
    kept = json.loads((tmp_path / "comparison.json").read_text())
    assert kept["bottleneck"]["sync"]["demands"]["database"] == pytest.approx(18.8889)


def test_a_run_without_the_servers_side_has_no_such_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, server=None))
    assert main(["compare", str(tmp_path), "--report"]) == 0
    assert "service demand" not in capsys.readouterr().out
    assert "service demand" not in (tmp_path / "report.html").read_text()
