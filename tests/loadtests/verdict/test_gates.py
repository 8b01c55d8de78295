"""Gates of the command line: when they break, their messages, and invalid ones."""

import json
import re
from pathlib import Path

import pytest

from loadtests.cli.main import main
from loadtests.schema.exit_status import EFFECT_MISSING, GATE_BROKEN, NOTHING_COUNTS
from tests.support.simulated_results import COMBINATIONS, document, save, write_rounds

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    write_rounds(tmp_path, LATENCIES, rounds=4, noise=0.01)
    return tmp_path


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("cache.latency_p95.ratio < 20", 0),
        ("cache.latency_p95.ratio < 30", 3),
        ("cache in sync.latency_avg.difference > -300", 0),
        ("cache in sync.latency_avg.difference>-500", 3),
        ("async uncached.latency_avg.low < 1.5", 0),
        ("async cached.latency_avg.low < 1", 3),
        ("sync.latency_avg >= 1e3", 0),
        ("sync.requests <= 360", 3),
        ("sync.routes.products.latency_avg > 1", 3),
        ("routes.products.cache.latency_avg.ratio < 1", 0),
        ("routes.products.cache in sync.latency_avg.ratio > 1", 3),
        ("async uncached.latency_avg.verdict != better", 0),
        ("async uncached.latency_avg.verdict == better", 3),
    ],
)
def test_a_gate_breaks_when_its_condition_holds(results: Path, condition: str, status: int) -> None:
    assert main(["compare", str(results), "--fail-if", condition]) == status


def test_a_broken_gate_is_named_with_its_figure_and_its_interval(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conditions = ["cache.latency_p95.ratio < 30", "cache.latency_p95.ratio < 1", "sync.latency_avg > 1"]
    assert (
        main(["compare", str(results), *(word for condition in conditions for word in ("--fail-if", condition))]) == 3
    )
    first, second = capsys.readouterr().err.splitlines()
    assert re.search(r"cache\.latency_p95\.ratio < 30: .* 28\.", first)
    assert ", 95 % interval 28 to 28.64" in first
    assert "sync.latency_avg > 1" in second
    assert not re.search(r"\d to \d", second)


@pytest.mark.parametrize(
    "condition",
    [
        "cache.service_cpu.ratio < 20",
        "cache.service_cpu.ratio > 20",
        "async cached.service_cpu.verdict == worse",
        "sync.service_cpu > 1000",
    ],
)
def test_a_gate_on_a_missing_figure_is_always_broken(
    tmp_path: Path, condition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, server=None))
    assert main(["compare", str(tmp_path), "--fail-if", condition]) == 3
    assert condition in capsys.readouterr().err


def test_a_gate_on_the_interval_of_one_round_is_broken(tmp_path: Path) -> None:
    write_rounds(tmp_path, LATENCIES, rounds=1)
    assert main(["compare", str(tmp_path), "--fail-if", "cache.latency_avg.low < 1"]) == 3
    assert main(["compare", str(tmp_path), "--fail-if", "cache.latency_avg.ratio < 1"]) == 0


@pytest.mark.parametrize(
    "condition",
    [
        "cache.latency_p95.ratio",
        "cache.latency_p95.ratio < ",
        "cache.latency_p95.ratio < many",
        "cache.latency_p95.ratio < nan",
        "cache.latency_p95.ratio == better",
        "cache.latency_p95.verdict < better",
        "cache.latency_p95.verdict == 1",
        "cache.latency_p95 < 1",
        "< 1",
        "",
        "rust.latency_avg < 1",
        "against.sync.latency_avg.ratio < 1",
        "cache\n.latency_p95.ratio < 20",
    ],
)
def test_an_unreadable_condition_gives_status_two_and_one_line(
    results: Path, condition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(results), "--fail-if", condition]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)


def test_an_unknown_figure_gives_the_known_names(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", str(results), "--fail-if", "chache.latency_p95.ratio < 20"])
    line = capsys.readouterr().err
    assert all(name in line for name in ("sync-cached", "cache in async", "latency_p95", "ratio", "products"))


def test_json_holds_every_gate_and_the_status_is_the_same(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    conditions = ["cache.latency_p95.ratio < 30", "cache.latency_p95.ratio < 1"]
    status = main(
        ["compare", str(results), "--json", *(word for condition in conditions for word in ("--fail-if", condition))]
    )
    gates = json.loads(capsys.readouterr().out)["gates"]
    assert (status, [gate["broken"] for gate in gates]) == (3, [True, False])


@pytest.mark.parametrize("condition", ["cache.latency_avg.ratio < 1", "cache in sync.latency_avg.difference > 1"])
def test_a_gate_on_the_only_remaining_round_is_broken(
    results: Path, condition: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (2, 3, 4):
        save(results, document("sync", number, 400.0, failed=1))
    assert main(["compare", str(results)]) == 0
    assert main(["compare", str(results), "--fail-if", condition]) == GATE_BROKEN
    assert condition in capsys.readouterr().err
    assert main(["compare", str(results), "--fail-if", "async cached.latency_avg.ratio < 0.5"]) == 0


@pytest.mark.parametrize(
    ("void", "status"),
    [
        (COMBINATIONS[:1], EFFECT_MISSING),
        (COMBINATIONS[:3], EFFECT_MISSING),
        (COMBINATIONS[3:], EFFECT_MISSING),
        (COMBINATIONS, NOTHING_COUNTS),
        ((), 0),
    ],
)
def test_an_effect_missing_in_all_rounds_has_its_own_status(
    results: Path, void: tuple[str, ...], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in void:
        for number in (1, 2, 3, 4):
            save(results, document(name, number, failed=1))
    assert main(["compare", str(results)]) == status
    assert ("missing, as no start" in capsys.readouterr().err) is (status == EFFECT_MISSING)


def test_alternating_void_cells_leave_no_pair_and_no_effect(results: Path) -> None:
    for number in (1, 2, 3, 4):
        save(results, document("sync" if number % 2 else "async", number, failed=1))
    assert main(["compare", str(results)]) == EFFECT_MISSING


def test_a_broken_gate_comes_before_a_missing_effect(results: Path) -> None:
    for number in (1, 2, 3, 4):
        save(results, document("sync", number, failed=1))
    assert main(["compare", str(results), "--fail-if", "cache in async.latency_avg.ratio > 1"]) == GATE_BROKEN


def test_a_comparison_without_valid_cells_is_void_before_it_is_broken(tmp_path: Path) -> None:
    for name in COMBINATIONS:
        save(tmp_path, document(name, failed=1))
    assert main(["compare", str(tmp_path), "--fail-if", "cache.latency_avg.ratio < 2"]) == 4
