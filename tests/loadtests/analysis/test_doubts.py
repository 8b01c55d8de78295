"""Other people's summaries of k6: their figures are shown, with what puts them in doubt, whatever is odd about them."""

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
        ({"http_req_failed": {"passes": 1, "fails": 1999}}, FAILED),
        ({"http_req_failed": {"passes": 800, "fails": 1200}}, FAILED),
        ({"checks": {"passes": 3990, "fails": 10}}, ANSWERS),
        ({"checks": {"passes": 0, "fails": 6000}}, ANSWERS),
        ({"dropped_iterations": {"count": 5}}, DROPPED),
        ({"vus_max": {"value": 8}}, LOADS),
    ],
)
def test_figures_are_shown_with_what_puts_them_in_doubt(
    tmp_path: Path,
    shape: Callable[[Summary], Summary],
    changed: Summary,
    figures: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = write(tmp_path, shape(clean()), shape(clean(**changed)))
    found = compared(capsys, *files)
    assert list(found["combinations"]) == ["before", "after"]
    assert [(one["combination"], one["figures"]) for one in found["doubts"]] == [("after", figures)]
    assert found["combinations"]["after"]["latency_avg"] == 12.0
    assert found["effects"]["simple"]["after against before"]["latency_avg"]["ratio"] == 1.0
    assert figures in found["recommendation"]["headline"][-1]
    assert main(["compare", *files]) == 0
    assert found["doubts"][0]["reason"].split()[0] in capsys.readouterr().out


def test_a_failed_check_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(capsys, *write(tmp_path, handled(clean()), handled(clean(checks={"passes": 0, "fails": 6000}))))
    assert [line["error_rate"] for line in found["combinations"].values()] == [0.0, 0.0]


def test_strict_leaves_out_what_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = write(tmp_path, handled(clean()), handled(clean(http_req_failed={"passes": 1, "fails": 1999})))
    found = compared(capsys, *files, "--strict", status=5)
    assert ([cell["combination"] for cell in found["void"]], found["doubts"]) == (["after"], [])


def test_a_summary_without_an_average_is_held_by_its_median(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quicker = WITHOUT_AVERAGE | {"http_req_duration": {"type": "trend", "values": {"med": 5.0, "p(95)": 30.0}}}
    files = write(tmp_path, handled(WITHOUT_AVERAGE), handled(quicker))
    simple = compared(capsys, *files)["effects"]["simple"]["after against before"]
    assert simple["latency_avg"]["ratio"] is None
    assert simple["latency_p50"]["ratio"] == pytest.approx(2)
    assert main(["compare", *files]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "2.00x" in printed
    assert "--summary-trend-stats" in printed


def test_summaries_of_one_name_are_called_by_their_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


POINTS = '{"type":"Metric","data":{"name":"http_reqs"},"metric":"http_reqs"}\n{"type":"Point","data":{"value":1}}\n'
LINES = "metric_name,timestamp,metric_value,check\nhttp_reqs,1595325560,1.000000,\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (POINTS, "--summary-export"),
        (LINES, "--summary-export"),
        (json.dumps(handled({"grpc_req_duration": {"type": "trend", "values": {"avg": 1.0}}})), "gRPC"),
        (json.dumps(handled({"browser_web_vital_lcp": {"type": "trend", "values": {"avg": 1.0}}})), "a browser"),
    ],
)
def test_what_is_no_summary_of_http_is_called_by_its_name(
    tmp_path: Path, content: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = write(tmp_path, handled(clean()), handled(clean()))
    Path(files[1]).write_text(content)
    assert main(["compare", *files]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert words in printed.err


@pytest.mark.parametrize("words", [["--report"], ["--against", "."], ["."]])
def test_files_and_what_needs_a_folder_are_refused_together(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *write(tmp_path, handled(clean()), handled(clean())), *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_figures_go_out_as_lines_and_gates_as_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
