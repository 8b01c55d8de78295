"""k6's points give the figures of a summary and intervals; large files need little memory."""

import json
import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loadtests.analysis.read import read_rounds
from loadtests.cli.main import main
from loadtests.schema.files import LARGEST_MB, UnusableResults
from loadtests.verdict.comparison import compare
from tests.support.k6_points import STREAMS, as_csv, as_json, points, write_stream
from tests.support.k6_summaries import METRICS, exported

MEGABYTE = 2**20


@pytest.mark.parametrize("kind", STREAMS)
def test_points_give_the_figures_of_a_summary_and_tenths(tmp_path: Path, kind: str) -> None:
    files = [tmp_path / f"{name}.{kind}" for name in ("before", "after")]
    for path, mean in zip(files, (12.0, 8.0), strict=True):
        write_stream(path, kind, points(mean, seed=int(mean)))
    (before, after), latencies = read_rounds(tmp_path, given=files)[1].values(), _latencies(12.0)
    assert (before.requests, before.failed, before.checks, before.checks_failed, before.vus) == (3000, 30, 3000, 0, 7)
    assert before.latency_ms.avg == pytest.approx(latencies.mean())
    for place in (50, 90, 95, 99):
        assert getattr(before.latency_ms, f"p{place}") == pytest.approx(np.percentile(latencies, place))
    assert before.throughput_rps == pytest.approx(100, rel=0.01)
    assert ([part.requests > 0 for part in after.timeline], len(after.timeline)) == ([True] * 10, 10)
    effect = compare(read_rounds(tmp_path, given=files)).effects["simple"][
        f"{after.combination} against {before.combination}"
    ]
    assert (effect["latency_avg"].verdict, effect["throughput"].verdict) == ("better", "same")
    assert effect["latency_avg"].low < 12 / 8 < effect["latency_avg"].high


def _latencies(mean: float) -> Any:
    return np.array([point.value for point in points(mean, seed=int(mean)) if point.metric == "http_req_duration"])


def test_equal_runs_are_called_different_at_most_one_time_in_twenty(tmp_path: Path) -> None:
    decided = 0
    files = [tmp_path / f"{name}.json" for name in ("before", "after")]
    for number in range(20):
        for place, path in enumerate(files):
            write_stream(path, "json", points(10.0, requests=100, seed=2 * number + place))
        simple = compare(read_rounds(tmp_path, given=files)).effects["simple"]["after against before"]
        decided += simple["latency_avg"].verdict in ("better", "worse")
    assert decided <= 2


def test_repeated_runs_are_compared_run_by_run(tmp_path: Path) -> None:
    for name, mean in (("a", 10.0), ("b", 5.0)):
        for number in (1, 2):
            write_stream(tmp_path / f"{name}.round-{number}.json", "json", points(mean, 300, seed=number))
    effect = compare(read_rounds(tmp_path)).effects["simple"]["b against a"]["latency_avg"]
    assert (effect.rounds, effect.verdict) == (2, "better")


def test_too_short_a_file_of_whole_seconds_has_no_tenths(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_stream(tmp_path / f"{name}.csv", "csv", points(10.0, seconds=5))
    simple = compare(read_rounds(tmp_path, given=[tmp_path / "a.csv", tmp_path / "b.csv"])).effects["simple"]
    assert (simple["b against a"]["latency_avg"].ratio, simple["b against a"]["latency_avg"].low) == (1.0, None)


@pytest.mark.parametrize("kind", ["json", "csv", "json.gz"])
def test_the_complete_lines_of_a_killed_k6_are_read(tmp_path: Path, kind: str) -> None:
    whole, files = tmp_path / f"whole.{kind}", [tmp_path / f"{name}.{kind}" for name in ("a", "b")]
    write_stream(whole, kind, points(10.0, 4_000))
    for path in files:
        path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 1_800 < next(iter(read_rounds(tmp_path, given=files)[1].values())).requests < 2_200


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"metric":"http_req_duration","type":"Point","data":{"value":1}}', "line 2 "),
        ('{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-20T10:00:00Z","value":-1}}', "line 2 "),
        (
            '{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-20T10:00:00Z","value":1e300}}',
            "line 2 ",
        ),
        ("[]", "line 2 "),
        ("x" * 200_000, "line 2 "),
        ('{"metric":"grpc_req_duration","type":"Point","data":{"time":"2026-11-20T10:00:00Z","value":1}}', "gRPC"),
    ],
)
def test_a_line_that_k6_does_not_write_is_named(
    tmp_path: Path, line: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = next(as_json(point) for point in points(1.0))
    (tmp_path / "a.json").write_text(f"{first}\n{line}\n")
    (tmp_path / "b.json").write_text(json.dumps(exported(METRICS)))
    assert main(["compare", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert ("a.json" in err, words in err, err.count("\n")) == (True, True, 1)


@pytest.mark.parametrize("moment", ["inf", "nan", "-1", "tomorrow", "1e999"])
def test_an_invalid_time_is_refused(tmp_path: Path, moment: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text(f"{STREAMS['csv'][1]}\nhttp_req_duration,{moment},1.0,\n")
    (tmp_path / "b.json").write_text(json.dumps(exported(METRICS)))
    assert main(["compare", str(tmp_path / "a.csv"), str(tmp_path / "b.json")]) == 2
    assert "a.csv has a line 2" in capsys.readouterr().err


@pytest.mark.parametrize(("form", "kind"), [(as_json, "json"), (as_csv, "csv")])
def test_a_large_file_is_read_line_by_line(tmp_path: Path, form: Callable[..., str], kind: str) -> None:
    """A file of a hundred megabytes took four seconds and eleven megabytes more than an empty one."""
    block = "".join(f"{form(point)}\n" for point in points(10.0, 2_000)).encode()
    times = 10 * MEGABYTE // len(block)
    path = tmp_path / f"large.{kind}"
    with path.open("wb") as file:
        file.write(f"{STREAMS[kind][1]}\n".encode())
        for _ in range(times):
            file.write(block)
    tracemalloc.start()
    try:
        found = read_rounds(tmp_path, given=[path, _small(tmp_path)])[1]["large"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (found.requests, peak < 5 * MEGABYTE) == (2_000 * times, True)


def _small(folder: Path) -> Path:
    path = folder / "small.json"
    path.write_text(json.dumps(exported(METRICS)))
    return path


def test_a_summary_of_a_hundred_megabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(json.dumps(exported(METRICS)).encode().ljust(100 * MEGABYTE))
    assert set(read_rounds(tmp_path, given=[path, _small(tmp_path)])[1]) == {"large", "small"}


def test_a_file_larger_than_any_summary_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(b'{"metrics": {')
    os.truncate(path, (LARGEST_MB + 1) * MEGABYTE)
    began = time.monotonic()
    with pytest.raises(UnusableResults, match=f"more than {LARGEST_MB} MB"):
        read_rounds(tmp_path, given=[path, _small(tmp_path)])
    assert time.monotonic() - began < 2
