"""Other people's k6 summaries: their figures are shown with the reasons for doubt."""

import codecs
import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import pytest

from loadtests.analysis.doubts import ANSWERS, DROPPED, FAILED, LOADS
from loadtests.cli.main import main
from tests.support.k6_points import points, write_stream
from tests.support.k6_summaries import METRICS, exported, handled, machine_readable, values

Summary: TypeAlias = dict[str, Any]
SHAPES: list[Callable[[Summary], Summary]] = [exported, handled, machine_readable]
CLEAN: Summary = {
    "http_req_failed": {"passes": 0, "fails": 2000},
    "checks": {"passes": 2000, "fails": 0},
    "dropped_iterations": {"count": 0},
}
WITHOUT_AVERAGE = METRICS | {"http_req_duration": {"type": "trend", "values": {"med": 10.0, "p(95)": 30.0}}}


def clean(**changed: dict[str, Any]) -> Summary:
    return values(**(CLEAN | changed))


def write(folder: Path, *summaries: Summary) -> list[str]:
    paths = [folder / f"{name}.json" for name in ("before", "after")]
    for path, summary in zip(paths, summaries, strict=True):
        path.write_text(json.dumps(summary))
    return [str(path) for path in paths]


def compared(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> Summary:
    capsys.readouterr()
    assert main(["compare", *words, "--json"]) == status
    found: Summary = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("changed", "figures"),
    [
        ({"http_reqs": {"count": 10_000, "rate": 250.0}, "http_req_failed": {"passes": 1, "fails": 9_999}}, FAILED),
        ({"http_req_failed": {"passes": 800, "fails": 1200}}, FAILED),
        ({"checks": {"passes": 3990, "fails": 10}}, ANSWERS),
        ({"checks": {"passes": 0, "fails": 6000}}, ANSWERS),
        ({"dropped_iterations": {"count": 5}}, DROPPED),
    ],
)
def test_doubtful_figures_are_shown_with_the_reason(
    tmp_path: Path,
    shape: Callable[[Summary], Summary],
    changed: Summary,
    figures: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = write(tmp_path, shape(clean()), shape(clean(**changed)))
    found = compared(capsys, *files)
    assert list(found["combinations"]) == ["before", "after"]
    assert [(doubt["combination"], doubt["figures"]) for doubt in found["doubts"]] == [("after", figures)]
    assert found["combinations"]["after"]["latency_avg"] == 12.0
    assert found["effects"]["simple"]["after against before"]["latency_avg"]["ratio"] == 1.0
    assert figures in found["recommendation"]["headline"][-1]
    assert main(["compare", *files]) == 0
    assert f"after {found['doubts'][0]['extent']}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("shape", SHAPES)
def test_other_vus_are_an_outcome_of_an_arrival_rate(
    tmp_path: Path, shape: Callable[[Summary], Summary], capsys: pytest.CaptureFixture[str]
) -> None:
    found = compared(capsys, *write(tmp_path, shape(clean()), shape(clean(vus_max={"value": 8}))))
    assert [(doubt["combination"], doubt["figures"], doubt["extent"]) for doubt in found["doubts"]] == [
        ("before", LOADS, "7"),
        ("after", LOADS, "8"),
    ]


def test_a_failed_check_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(capsys, *write(tmp_path, handled(clean()), handled(clean(checks={"passes": 0, "fails": 6000}))))
    assert [line["error_rate"] for line in found["combinations"].values()] == [0.0, 0.0]


def test_strict_leaves_out_files_with_failures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write(tmp_path, handled(clean()), handled(clean(http_req_failed={"passes": 1, "fails": 1999})))
    found = compared(capsys, *files, "--strict", status=5)
    assert ([cell["combination"] for cell in found["void"]], found["doubts"]) == (["after"], [])


def test_a_summary_without_an_average_is_compared_by_its_median(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quicker = WITHOUT_AVERAGE | {"http_req_duration": {"type": "trend", "values": {"med": 5.0, "p(95)": 30.0}}}
    files = write(tmp_path, handled(WITHOUT_AVERAGE), handled(quicker))
    simple = compared(capsys, *files)["effects"]["simple"]["after against before"]
    assert simple["latency_avg"]["ratio"] is None
    assert simple["latency_p50"]["ratio"] == pytest.approx(2)
    assert main(["compare", *files]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "2.00x" in printed
    assert "--summary-trend-stats" in printed


def test_summaries_of_one_name_are_named_after_their_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / name / "summary.json" for name in ("main", "branch")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(json.dumps(handled(clean())))
    assert list(compared(capsys, *map(str, paths))["combinations"]) == ["main/summary", "branch/summary"]


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace('"root_group": {}', '"root_group": {"x": Infinity, "y": NaN, "z": null}').encode(),
        lambda text: text.replace('"metrics": {', '"metrics": {"http_reqs{a:b}": {"values": {"count": 1}}, ').encode(),
    ],
)
def test_a_summary_is_read_however_it_was_saved(
    tmp_path: Path, encode: Callable[[str], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    files = write(tmp_path, handled(clean()), handled(clean()))
    Path(files[1]).write_bytes(encode(json.dumps(handled(clean()))))
    assert compared(capsys, *files)["combinations"]["after"]["requests"] == 2000


# A custom metric, and metrics beside those of HTTP.
OTHERS = {"grpc_req_duration": "gRPC", "browser_web_vital_lcp": "a browser", "ws_sessions": "WebSockets"}
OTHERS |= {"kafka_writer_write_count": "Kafka"}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("metric", OTHERS)
def test_a_summary_without_http_is_refused_with_what_it_measured(
    tmp_path: Path, metric: str, shape: Callable[[Summary], Summary], capsys: pytest.CaptureFixture[str]
) -> None:
    other = {metric: {"type": "gauge", "contains": "default", "values": {"value": 1, "min": 1, "max": 1}}}
    assert main(["compare", *write(tmp_path, shape(clean()), shape(other))]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n"), OTHERS[metric] in printed.err) == ("", 1, True)


def test_thresholds_groups_and_submetrics_do_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = 'http_req_duration{url:http://x/?a={1},b:"c"}'
    summary = exported(clean() | {named: METRICS["http_req_duration"]})
    summary["metrics"]["http_req_duration"]["thresholds"] = {"p(95)<500": False}
    group = {"name": "::a::b", "path": "::a", "checks": {"is 200": {"passes": 1, "fails": 1}}}
    summary["root_group"] = {"groups": {"a": group | {"groups": {"b": group}}}, "checks": {}}
    found = compared(capsys, *write(tmp_path, summary, exported(clean())))
    assert found["combinations"]["before"] == found["combinations"]["after"]


def test_a_summary_that_displays_seconds_contains_milliseconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--summary-time-unit` changes only k6's printed text."""
    summary = handled(clean()) | {"options": {"summaryTimeUnit": "s", "summaryTrendStats": ["avg", "p(95)"]}}
    found = compared(capsys, *write(tmp_path, summary, handled(clean())))
    assert found["effects"]["simple"]["after against before"]["latency_avg"]["ratio"] == 1.0


def test_a_rate_alone_gives_the_number_of_failed_requests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = handled(clean() | {"http_req_failed": {"type": "rate", "values": {"rate": 0.4}}})
    found = compared(capsys, *write(tmp_path, summary, handled(clean())))
    assert (found["combinations"]["before"]["failed"], found["doubts"][0]["extent"]) == (800, "800 of 2,000 (40 %)")


PRINTED = """
     execution: local
        script: test.js

     http_req_duration..............: avg=12.1ms min=1ms med=10ms max=90ms p(90)=20ms p(95)=30ms
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_k6s_terminal_output_is_distinguished_from_a_summary(
    tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = write(tmp_path, handled(clean()), handled(clean()))
    Path(files[1]).write_text(PRINTED, encoding=encoding)
    assert main(["compare", *files]) == 2
    err = capsys.readouterr().err
    assert ("--summary-export" in err, files[1] in err, err.count("\n")) == (True, True, 1)


def test_files_have_a_report_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write(tmp_path, handled(clean()), handled(clean(http_req_failed={"passes": 1, "fails": 1999})))
    assert main(["compare", *files, "--report"]) == 0
    # A path may be longer than a line.
    assert f"Report:{tmp_path / 'report.html'}" in "".join(capsys.readouterr().out.split())
    memo = (tmp_path / "report.md").read_text()
    assert all(figure in memo for figure in ("12.0 ms", "p90 latency", "1 of 2,000"))


@pytest.mark.parametrize(
    ("now", "before", "status"), [("slow", "quick", 3), ("quick", "slow", 0), ("quick", "quick", 0)]
)
def test_files_are_compared_with_an_earlier_file(
    tmp_path: Path, now: str, before: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {}
    for place, name in (("old", before), ("new", now)):
        (tmp_path / place).mkdir()
        files[place] = tmp_path / place / "points.json"
        write_stream(files[place], "json", points(10.0 if name == "quick" else 12.0, seed=len(place + name)))
    for earlier in (files["old"], files["old"].parent):
        assert main(["compare", str(files["new"]), "--against", str(earlier)]) == status
        assert ("new/points.latency_avg" in capsys.readouterr().err) is (status == 3)


def test_a_folder_with_several_combinations_is_no_earlier_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = write(tmp_path, handled(clean()), handled(clean()))
    assert main(["compare", files[0], "--against", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_among_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *write(tmp_path, handled(clean()), handled(clean())), "."]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_figures_are_exported_as_csv_and_gates_as_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write(tmp_path, handled(clean()), handled(clean()))
    gates = ["--fail-if", "after.latency_avg > 1", "--fail-if", "after.latency_avg > 100"]
    out = ["--csv", str(tmp_path / "out.csv"), "--junit", str(tmp_path / "out.xml")]
    assert main(["compare", *files, *gates, *out]) == 3
    rows = {row["figure"]: row["value"] for row in csv.DictReader((tmp_path / "out.csv").open())}
    assert rows["after.latency_avg"] == "12.0"
    suite = ElementTree.fromstring((tmp_path / "out.xml").read_text())  # noqa: S314
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.find("failure") is not None for case in suite] == [True, False]
    assert "gate broken" in capsys.readouterr().err
