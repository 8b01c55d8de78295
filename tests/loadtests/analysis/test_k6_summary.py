"""Summaries that k6 wrote for another script, in each of its shapes, are read as results."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import pytest

from loadtests.analysis.k6_summary import is_summary, result_of
from loadtests.analysis.read import read_rounds
from loadtests.cli.main import main
from loadtests.schema.files import LOADTESTS
from loadtests.verdict.comparison import compare
from tests.support.k6_summaries import METRICS, MachineReadable, exported, handled, machine_readable, values

EXAMPLE = LOADTESTS.parent / "docs" / "examples" / "k6-summaries"
Shape: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
SHAPES: list[Shape] = [exported, handled, machine_readable]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_result(shape: Shape) -> None:
    result = result_of(Path("mine.round-3.json"), shape(METRICS))
    assert (result.combination, result.round, result.vus) == ("mine", 3, 7)
    assert (result.requests, result.throughput_rps, result.duration_s) == (2000, 50.0, 40.0)
    assert (result.failed, result.checks_failed, result.dropped_iterations) == (3, 10, 2)
    latency = result.latency_ms
    assert (latency.avg, latency.min, latency.p50, latency.p90) == (12.0, 1.0, 10.0, 20.0)
    # The machine-readable summary has no p99, whatever k6 was asked for.
    assert (latency.p95, latency.p99, latency.max) == (30.0, None if shape is machine_readable else 60.0, 90.0)
    assert result.ceiling_rps is None


def test_the_machine_readable_shape_is_that_of_k6s_source() -> None:
    document = machine_readable(METRICS)
    assert msgspec.convert(document, MachineReadable).results.checks.metrics[1].values == {
        "matches": 10,
        "rate": 0.005,
        "total": 2000,
    }
    names = {metric["name"]: metric["values"] for metric in document["results"]["metrics"]}
    assert (names["http_reqs"], "checks" in names) == ({"count": 2000}, False)


def test_a_machine_readable_summary_names_the_k6_that_wrote_it() -> None:
    assert result_of(Path("mine.json"), machine_readable(METRICS)).k6.version == "2.2.0"


@pytest.mark.parametrize("shape", SHAPES)
def test_percentiles_that_a_file_has_are_shown_however_few_its_requests(shape: Shape) -> None:
    metrics = values(http_reqs={"count": 12}, http_req_duration={"p(75)": 15.0, "p(99.9)": 80.0, "p(101)": 1.0})
    result = result_of(Path("mine.json"), shape(metrics))
    known = compare({1: {"mine": result, "other": result}}).combinations["mine"]
    assert (known["latency_p90"], known["latency_p95"]) == (20.0, 30.0)
    # The machine-readable summary has these six figures only.
    others = ("latency_p75", "latency_p99", "latency_p99.9")
    assert [known.get(name) for name in others] == ([None] * 3 if shape is machine_readable else [15.0, 60.0, 80.0])
    assert "latency_p101" not in known


def test_the_example_in_the_docs_has_three_shapes_and_one_effect() -> None:
    rounds = read_rounds(EXAMPLE, base="before")
    effect = compare(rounds).effects["simple"]["after against before"]["latency_avg"]
    assert (list(rounds), effect.verdict) == ([1, 2, 3], "better")
    # One service waits 20 ms, the other 10 ms.
    assert effect.difference == pytest.approx(-10, abs=1)


@pytest.mark.parametrize("name", ["before", "after"])
def test_the_third_round_of_the_example_is_of_the_machine_readable_shape(name: str) -> None:
    path = EXAMPLE / f"{name}.round-3.json"
    document = json.loads(path.read_text())
    known = msgspec.convert(document, MachineReadable)
    result = result_of(path, document)
    assert (result.failed, result.checks_failed, result.vus) == (0, 0, 5)
    assert result.throughput_rps == pytest.approx(result.requests / known.config.duration)
    assert "no k6 wrote this file" in known.config.script


def test_the_first_by_name_is_the_base_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(compare(read_rounds(EXAMPLE)).effects["simple"]) == ["before against after"]
    assert main(["compare", str(EXAMPLE), "--base", "first"]) == 2
    assert "choose one of after, before" in capsys.readouterr().err


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "metrics",
    [
        {"vus_max": METRICS["vus_max"]},
        values(http_reqs={"count": 0, "rate": 0}),
        values(http_reqs={"count": "many", "rate": "high"}),
        METRICS | {"http_req_duration": {"type": "trend", "contains": "time", "values": {}}},
    ],
)
def test_a_summary_without_requests_is_refused_with_its_file(
    tmp_path: Path, shape: Shape, metrics: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    refused(tmp_path, shape(metrics), "it holds no requests", capsys)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_service_that_did_not_answer_is_reported(
    tmp_path: Path, shape: Shape, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = dict.fromkeys(METRICS["http_req_duration"]["values"], 0.0)
    refused(tmp_path, shape(values(http_req_duration=nothing)), "none of its 2000 requests was answered", capsys)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"config": {}}, "config.duration"),
        ({"config": {"duration": 0}}, "config.duration"),
        ({"version": "2.0.0"}, "its format is of version 2.0.0, version 1 can be read"),
        ({"version": None}, "its format is of version unknown"),
        ({"results": {"metrics": [], "checks": None}}, "it holds no requests"),
        ({"results": {"metrics": [1, {"name": "http_reqs", "values": 2}], "checks": {"metrics": 3}}}, "no requests"),
    ],
)
def test_a_machine_readable_summary_that_cannot_be_read_is_refused_with_its_file(
    tmp_path: Path, change: dict[str, Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(tmp_path, machine_readable(METRICS) | change, words, capsys)


def refused(folder: Path, document: Any, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Writes a summary, and checks that one line has its file and the reason."""
    (folder / "a.json").write_text(json.dumps(document))
    assert main(["compare", str(folder)]) == 2
    err = capsys.readouterr().err
    assert ("a.json " in err, err.count("\n")) == (True, 1)
    assert words in err


def test_metrics_of_another_kind_than_k6s_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document: dict[str, Any] = {"metrics": {"http_reqs": [], "http_req_duration": None}}
    refused(tmp_path, document, "it holds no requests", capsys)


@pytest.mark.parametrize("document", [[], {}, {"schema": 1, "metrics": METRICS}, {"metrics": []}, {"results": 1}, None])
def test_other_json_is_not_taken_for_a_summary(document: Any) -> None:
    assert not is_summary(document)
