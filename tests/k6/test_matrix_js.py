"""k6 run loadtests/matrix.js: what it measures, prints and writes."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import msgspec
import pytest

from loadtests.analysis.read import read_rounds
from loadtests.schema.files import LOADTESTS
from loadtests.schema.result import Result
from loadtests.targets.k6 import k6_version
from loadtests.verdict.comparison import compare
from tests.support.k6_runs import Run, combinations_file, measure, run_k6, run_script
from tests.support.k6_summaries import MachineReadable, reshaped
from tests.support.known_service import KnownService
from tests.support.simulated_results import COMBINATIONS

pytestmark = pytest.mark.usefixtures("k6")

SUMMARY = Path(__file__).with_name("summary.js")
ROWS = (
    "requests",
    "req/s",
    "ceiling VUs/Z",
    "avg ms",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "max ms",
    "failed",
    "cache hit ratio",
    "avg: times quicker than sync",
)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[KnownService]]:
    """One run over four services, the cached ones ten times quicker and all hits."""
    with ExitStack() as stack:
        services = [
            stack.enter_context(KnownService(name, 0.005, cache="hit"))
            if name.endswith("cached")
            else stack.enter_context(KnownService(name, 0.05))
            for name in COMBINATIONS
        ]
        return measure(tmp_path_factory.mktemp("matrix"), *services, WARM_UP="1", DURATION="2", TURNS="0"), services


@pytest.fixture
def service() -> Iterator[KnownService]:
    with KnownService("sync", 0.001) as service:
        yield service


def test_each_combination_gets_a_result_file_that_is_valid(
    matrix: tuple[Run, list[KnownService]],
) -> None:
    run, _ = matrix
    assert (run.status, run.log.count("level=error")) == (0, 0)
    assert sorted(re.findall(r'"(\S+) is measured from \d+ for 2 s"', run.log)) == sorted(COMBINATIONS)
    assert run.files == sorted(f"{name}.json" for name in COMBINATIONS)
    for name in COMBINATIONS:
        result = run.result(name)
        jsonschema.validate(result, msgspec.json.schema(Result))
        assert (result["combination"], result["duration_s"], result["vus"]) == (name, 2, 5)


def test_results_say_by_which_run_and_which_k6_they_are(matrix: tuple[Run, list[KnownService]]) -> None:
    results = [matrix[0].result(name) for name in COMBINATIONS]
    assert len({result["run_id"] for result in results}) == 1
    assert all(result["run_id"] for result in results)
    assert {result["k6"]["version"] for result in results} == {k6_version()}


@pytest.mark.parametrize(("asked", "mix"), [({}, {"product": 1}), ({"MIX": "products=2"}, {"products": 2})])
def test_a_service_that_answers_some_routes_only_says_the_load_unless_the_user_does(
    tmp_path: Path, service: KnownService, asked: dict[str, str], mix: dict[str, int]
) -> None:
    path = combinations_file(tmp_path, [service], mix={"product": 1})
    variables = {"COMBINATIONS": str(path), "WARM_UP": "0.2", "DURATION": "1", **asked}
    run = run_k6(tmp_path, LOADTESTS.parent, **variables)
    assert run.result("sync")["mix"] == mix


def test_several_starts_are_one_run_by_the_id_that_they_are_given(tmp_path: Path, service: KnownService) -> None:
    assert measure(tmp_path, service, RUN_ID="mine").result("sync")["run_id"] == "mine"


def test_the_four_results_can_be_compared(matrix: tuple[Run, list[KnownService]]) -> None:
    comparison = compare(read_rounds(matrix[0].folder))
    assert comparison.void == []
    ratio = comparison.effects["simple"]["cache in sync"]["latency_avg"].ratio
    assert 3 < ratio < 12


def test_the_table_has_four_columns_and_every_figure(
    matrix: tuple[Run, list[KnownService]],
) -> None:
    lines = matrix[0].printed.splitlines()
    assert list(COMBINATIONS) in [line.split() for line in lines]
    for row in ROWS:
        (line,) = [line for line in lines if line.strip().partition("  ")[0] == row]
        assert len(line.strip()[len(row) :].replace(" %", "%").split()[-4:]) == 4
    assert str(matrix[0].folder) in matrix[0].printed


def test_the_hit_ratio_is_the_services_own(matrix: tuple[Run, list[KnownService]]) -> None:
    run, _ = matrix
    assert run.result("sync")["cache"]["hit"] == 0
    cached = run.result("async-cached")
    assert cached["cache"]["hit"] > 0
    assert cached["cache"]["miss"] == 0
    (line,) = [line for line in run.printed.splitlines() if line.startswith("cache hit ratio")]
    assert line.split()[3:] == ["-", "100.0", "%", "-", "100.0", "%"]


def test_the_warm_up_is_left_out(matrix: tuple[Run, list[KnownService]]) -> None:
    run, services = matrix
    for service in services:
        result = run.result(str(service.name))
        sent = sum(not line.endswith("/health/ready") for line in service.requests)
        share = result["requests"] / sent
        # Two of the three seconds of load are measured.
        assert share == pytest.approx(2 / 3, abs=0.12)


def test_routes_add_up_to_the_whole(matrix: tuple[Run, list[KnownService]]) -> None:
    result = matrix[0].result("sync")
    assert sum(route["requests"] for route in result["routes"].values()) == result["requests"]
    assert set(result["routes"]) == set(result["mix"])


def test_too_few_requests_leave_the_percentile_out(
    matrix: tuple[Run, list[KnownService]],
) -> None:
    latency = matrix[0].result("sync")["latency_ms"]
    assert (latency["p95"], latency["p99"]) == (None, None)
    assert latency["min"] <= latency["p50"] <= latency["p90"] <= latency["max"]


def test_the_slices_of_the_measured_time_add_up_to_the_whole(
    matrix: tuple[Run, list[KnownService]],
) -> None:
    for name in COMBINATIONS:
        result = matrix[0].result(name)
        slices = result["timeline"]
        assert len(slices) == 12
        assert sum(part["requests"] for part in slices) == result["requests"]
        ends = [part["start_s"] + part["duration_s"] for part in slices]
        assert ends == pytest.approx([(number + 1) * 2 / 12 for number in range(12)], abs=0.002)
        assert max(part["latency_ms"]["max"] or 0 for part in slices) == result["latency_ms"]["max"]


def test_the_percentile_curve_rises_and_ends_where_requests_are_too_few(
    matrix: tuple[Run, list[KnownService]],
) -> None:
    result = matrix[0].result("sync-cached")
    curve = result["percentiles"]
    said = [value for value in curve.values() if value is not None]
    assert said == sorted(said)
    assert curve["p50"] == result["latency_ms"]["p50"]
    for name, value in curve.items():
        rank = float(name.removeprefix("p")) / 100
        beyond = round(result["requests"] * min(rank, 1 - rank), 6)
        assert (value is None) is (beyond < 10), name


def test_each_combination_meets_the_same_visitors(
    matrix: tuple[Run, list[KnownService]],
) -> None:
    firsts = []
    for service in matrix[1]:
        sent = [line for line in service.requests if not line.endswith("/health/ready")]
        # The fourth visitor comes when the first may be there again.
        firsts.append(sent[:3])
    assert all(first == firsts[0] for first in firsts)
    assert len(set(firsts[0])) > 1


def test_paths_are_relative_to_where_k6_was_started(tmp_path: Path, service: KnownService) -> None:
    path = combinations_file(tmp_path, [service])
    (tmp_path / "here").mkdir()
    run = run_k6(
        tmp_path / "here",
        cwd=tmp_path,
        COMBINATIONS=str(path.relative_to(tmp_path)),
        RESULTS="here",
        DURATION="1",
        ROUND="3",
    )
    assert (run.status, run.files) == (0, ["sync.round-3.json"])


@pytest.fixture(scope="module")
def both_shapes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """A run of hundreds of requests, and the same one as if k6 had handed over its machine-readable summary."""
    folder, reduced = tmp_path_factory.mktemp("usual"), tmp_path_factory.mktemp("reduced")
    file = reduced / "summary" / "of-k6.json"
    file.parent.mkdir()
    with KnownService("sync", 0.001) as sync, KnownService("async", 0.001) as other:
        services = str(combinations_file(folder, [sync, other]))
        load = {"DURATION": "2", "VUS": "20", "THINK": "0.02", "TURNS": "3", "COMBINATIONS": services}
        usual = run_script(SUMMARY, folder, LOADTESTS.parent, load | {"WRITTEN": str(file)})
    summary = reshaped(json.loads(file.read_text()), script="", version="2.2.0")
    msgspec.convert(summary, MachineReadable)
    file.write_text(json.dumps(summary))
    return usual, run_script(SUMMARY, reduced, LOADTESTS.parent, load | {"SUMMARY": str(file)})


def test_the_machine_readable_summary_gives_the_same_result_but_for_what_it_lacks(
    both_shapes: tuple[Run, Run],
) -> None:
    usual, reduced = (run.result("sync") for run in both_shapes)
    jsonschema.validate(reduced, msgspec.json.schema(Result))
    # So many that p95 is there, and p99 too unless the machine is busy.
    assert usual["latency_ms"]["p95"] is not None
    assert (reduced["timeline"], reduced["k6"]) == ([], {"version": "2.2.0"})
    curve = {name: value for name, value in reduced["percentiles"].items() if value is not None}
    assert curve == {name: usual["percentiles"][name] for name in ("p50", "p90", "p95")}
    assert {name for name, value in reduced["quantiles"].items() if value is not None} == {"0", "50", "90", "95", "100"}
    parts = [zip(usual[part].values(), reduced[part].values(), strict=True) for part in ("routes", "head_to_head")]
    for whole, part in ((usual, reduced), *parts[0], *parts[1]):
        assert part["latency_ms"] == whole["latency_ms"] | {"p99": None}
    lacking = {"timeline", "k6", "percentiles", "quantiles", "latency_ms", "routes", "head_to_head", "run_id"}
    assert {name: value for name, value in reduced.items() if name not in lacking} == {
        name: value for name, value in usual.items() if name not in lacking
    }


def test_what_the_machine_readable_summary_lacks_is_said(both_shapes: tuple[Run, Run]) -> None:
    said = ["machine-readable summary" in run.printed for run in both_shapes]
    assert said == [False, True]


def test_a_name_out_of_a_file_is_measured_alone(tmp_path: Path, service: KnownService) -> None:
    with KnownService("async") as other:
        path = combinations_file(tmp_path, [service, other])
        run = run_k6(tmp_path, COMBINATIONS=f"{path}#async", DURATION="1")
    assert run.files == ["async.json"]
    assert service.requests == []
