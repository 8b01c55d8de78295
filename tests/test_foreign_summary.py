"""Summaries that k6 wrote for another script, in each of its shapes, are read as results."""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtests.compare import main
from loadtests.comparison import compare
from loadtests.foreign_summary import is_summary, result_of
from loadtests.plan import HERE
from loadtests.results_reading import read_rounds

EXAMPLE = HERE.parent / "docs" / "examples" / "k6-summaries"
VALUES: dict[str, dict[str, float]] = {
    "http_reqs": {"count": 2000, "rate": 50.0},
    "http_req_duration": {"avg": 12.0, "min": 1.0, "med": 10.0, "max": 90.0, "p(90)": 20.0, "p(95)": 30.0, "p(99)": 60},
    "http_req_failed": {"passes": 3, "fails": 1997},
    "checks": {"passes": 1990, "fails": 10},
    "vus_max": {"value": 7, "min": 7, "max": 7},
    "dropped_iterations": {"count": 2, "rate": 0.1},
}


def exported(values: dict[str, dict[str, float]]) -> dict[str, Any]:
    """As --summary-export writes it."""
    return {"root_group": {}, "metrics": values}


def handled(values: dict[str, dict[str, float]]) -> dict[str, Any]:
    """As handleSummary is given it."""
    return {"options": {}, "metrics": {name: {"type": "x", "values": one} for name, one in values.items()}}


def handled_new(values: dict[str, dict[str, float]]) -> dict[str, Any]:
    """As handleSummary is given it with the new machine-readable summary."""
    listed = [{"name": name, "type": "x", "values": one} for name, one in values.items()]
    return {"version": "1", "metadata": {"k6Version": "2.0.0"}, "results": {"metrics": listed, "thresholds": []}}


@pytest.mark.parametrize("shape", [exported, handled, handled_new])
def test_every_shape_gives_the_same_result(tmp_path: Path, shape: Any) -> None:
    path = tmp_path / "mine.round-3.json"
    path.write_text(json.dumps(shape(VALUES)))
    result = result_of(path, json.loads(path.read_text()))
    assert (result.combination, result.round, result.vus) == ("mine", 3, 7)
    assert (result.requests, result.throughput_rps, result.duration_s) == (2000, 50.0, 40.0)
    assert (result.failed, result.checks_failed, result.dropped_iterations) == (3, 10, 2)
    latency = result.latency_ms
    assert (latency.avg, latency.p50, latency.p95, latency.p99, latency.max) == (12.0, 10.0, 30.0, 60.0, 90.0)
    assert result.ceiling_rps is None


def test_too_few_requests_leave_the_percentile_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text("")
    few = {**VALUES, "http_reqs": {"count": 199, "rate": 10.0}}
    latency = result_of(path, exported(few)).latency_ms
    assert (latency.p90, latency.p95, latency.p99) == (20.0, None, None)


def test_the_example_of_the_docs_holds_two_shapes_and_one_effect() -> None:
    rounds = read_rounds(EXAMPLE, base="before")
    effect = compare(rounds).effects["simple"]["after against before"]["latency_avg"]
    assert (list(rounds), effect.verdict) == ([1, 2], "better")
    # One service waits 20 ms, the other 10 ms.
    assert effect.difference == pytest.approx(-10, abs=1)


def test_the_first_by_name_is_the_base_unless_another_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(compare(read_rounds(EXAMPLE)).effects["simple"]) == ["before against after"]
    assert main([str(EXAMPLE), "--base", "first"]) == 2
    assert "choose one of after, before" in capsys.readouterr().err


def test_a_failed_request_voids_the_cell_of_a_summary_too(tmp_path: Path) -> None:
    none: dict[str, dict[str, float]] = {
        "http_req_failed": {"passes": 0},
        "checks": {"fails": 0},
        "dropped_iterations": {"count": 0},
    }
    clean = VALUES | none
    (tmp_path / "a.json").write_text(json.dumps(exported(clean)))
    (tmp_path / "b.json").write_text(json.dumps(exported({**clean, "http_req_failed": {"passes": 1}})))
    assert [cell.combination for cell in compare(read_rounds(tmp_path)).void] == ["b"]


@pytest.mark.parametrize(
    "values",
    [
        {"vus_max": VALUES["vus_max"]},
        {"http_reqs": {"count": 0, "rate": 0}, "http_req_duration": VALUES["http_req_duration"]},
        {"http_reqs": {"count": "many", "rate": 1}, "http_req_duration": VALUES["http_req_duration"]},
        {"http_reqs": VALUES["http_reqs"], "http_req_duration": {}},
        {"http_reqs": [], "http_req_duration": None},
    ],
)
def test_a_summary_without_requests_is_refused_with_its_file(
    tmp_path: Path, values: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(exported(values)))
    assert main([str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert ("a.json is a summary of k6 that cannot be used" in err, err.count("\n")) == (True, 1)


def test_summaries_of_unlike_loads_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(json.dumps(exported(VALUES)))
    (tmp_path / "b.json").write_text(json.dumps(exported({**VALUES, "vus_max": {"value": 8}})))
    assert main([str(tmp_path)]) == 2
    assert "has vus 8" in capsys.readouterr().err


@pytest.mark.parametrize("document", [[], {}, {"schema": 1, "metrics": VALUES}, {"metrics": []}, {"results": 1}, None])
def test_what_is_no_summary_is_not_taken_for_one(document: Any) -> None:
    assert not is_summary(document)
