"""A run compared with an earlier one: regressions are found, none in equal runs, and unlike runs are refused."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loadtests.analysis.effects import ratio_of, shown
from loadtests.analysis.regression import against
from loadtests.cli.main import main
from loadtests.schema.files import UnusableResults
from tests.support.simulated_results import document, save, write_rounds

LATENCIES = {"sync": 400.0, "sync-cached": 10.0, "async": 200.0, "async-cached": 10.0}
RUN = {
    "host": {"cpu": "one", "cores": 2, "memory_gb": 8.0},
    "ledger": {"sync": {"pool": "16", "address": "here"}},
}


def run(folder: Path, seed: int, described: dict[str, Any] = RUN, **slower: float) -> Path:
    """A run of four rounds in which some combinations are slower."""
    folder.mkdir()
    latencies = {name: value * slower.get(name.replace("-", "_"), 1.0) for name, value in LATENCIES.items()}
    write_rounds(folder, latencies, rounds=4, noise=0.01, seed=seed)
    (folder / "run.json").write_text(json.dumps(described))
    return folder


def test_two_equal_runs_show_no_regression(tmp_path: Path) -> None:
    assert main(["compare", str(run(tmp_path / "now", 1)), "--against", str(run(tmp_path / "before", 2))]) == 0


def test_another_port_and_a_combination_missing_in_one_run_do_not_make_ledgers_differ(tmp_path: Path) -> None:
    ledger = {"sync": {"pool": "16", "address": "there"}, "more": {"pool": "1"}}
    before = run(tmp_path / "before", 2, {**RUN, "ledger": ledger})
    assert against(run(tmp_path / "now", 1), before).regressions == []


def test_a_slower_combination_is_found_and_named_with_its_interval(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now, before = run(tmp_path / "now", 1, async_cached=1.5), run(tmp_path / "before", 1)
    assert main(["compare", str(now), "--against", str(before)]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    assert all("regression: async-cached." in line and "95 % interval" in line for line in lines)
    assert any("async-cached.latency_avg is 0.67 times as good" in line for line in lines)


@pytest.mark.parametrize(("limit", "broken"), [(0.8, False), (0.95, True)])
def test_a_gate_can_name_a_change_since_an_earlier_run(
    tmp_path: Path, limit: float, broken: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    now, before = run(tmp_path / "now", 1, sync=1.1), run(tmp_path / "before", 1)
    main(
        [
            "compare",
            str(now),
            "--against",
            str(before),
            "--fail-if",
            f"against.sync.latency_p95.ratio < {limit}",
            "--json",
        ]
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["gates"][0]["broken"] is broken
    assert printed["against"]["compared"]["sync"]["latency_p95"]["ratio"] == pytest.approx(1 / 1.1)


def test_two_dozen_equal_figures_show_something_in_one_pair_of_runs_in_twenty_at_most() -> None:
    chance = random.Random(5)
    alarms = 0
    for _ in range(400):
        alarms += bool(shown({at: ratio_of([chance.gauss(0, 0.05) for _ in range(4)]) for at in range(24)}))
    # 20 are expected at most, and 34 is three errors above that.
    assert alarms <= 34


@pytest.mark.parametrize("ledger", [None, {}, {"sync": {}}, {"sync": {"address": "here"}}])
def test_settings_unknown_in_both_runs_are_reported_as_not_compared(
    tmp_path: Path, ledger: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    described = {**RUN, "ledger": ledger and {**ledger, "async": {"pool": "16"}}}
    now, before = run(tmp_path / "now", 1, described), run(tmp_path / "before", 2, described)
    unknown = [name for name in LATENCIES if name != "async" or not ledger]
    assert against(now, before).without_ledger == unknown
    assert main(["compare", str(now), "--against", str(before)]) == 0
    assert f"not compared: the settings of {', '.join(unknown)}," in _unbroken(capsys)


def test_a_ledger_in_both_runs_gives_no_such_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    described = {**RUN, "ledger": {name: {"pool": "16"} for name in LATENCIES}}
    main(
        ["compare", str(run(tmp_path / "now", 1, described)), "--against", str(run(tmp_path / "before", 2, described))]
    )
    assert "not compared" not in _unbroken(capsys)


def _unbroken(capsys: pytest.CaptureFixture[str]) -> str:
    """The printed text without line breaks."""
    return " ".join(capsys.readouterr().out.split())


def test_one_round_shows_no_regression_and_no_error(tmp_path: Path) -> None:
    for name, latency in (("now", 900.0), ("before", 1.0)):
        folder = tmp_path / name
        folder.mkdir()
        for combination in LATENCIES:
            save(folder, document(combination, latency=latency))
        (folder / "run.json").write_text(json.dumps(RUN))
    found = against(tmp_path / "now", tmp_path / "before")
    assert (found.regressions, found.compared["sync"]["latency_avg"].verdict) == ([], "cannot tell")


def _ledger(folder: Path) -> None:
    changed = {**RUN, "ledger": {"sync": {"pool": "8", "address": "here"}}}
    (folder / "run.json").write_text(json.dumps(changed))


def _library(folder: Path) -> None:
    (folder / "run.json").write_text(json.dumps({**RUN, "versions": {"flask": "1.0.0"}}))


def _no_ledger(folder: Path) -> None:
    (folder / "run.json").write_text(json.dumps({"host": RUN["host"]}))


def _host(folder: Path) -> None:
    (folder / "run.json").write_text(json.dumps({**RUN, "host": {"cpu": "one", "cores": 4, "memory_gb": 8.0}}))


def _no_run(folder: Path) -> None:
    (folder / "run.json").unlink()


def _broken_run(folder: Path) -> None:
    (folder / "run.json").write_text("{")


def _load(name: str, value: Any) -> Callable[[Path], None]:
    """Changes one setting of the load in every result."""

    def change(folder: Path) -> None:
        for path in folder.glob("*.round-*.json"):
            path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))

    return change


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_ledger, r"differ in sync\.pool \(16 and 8\)"),
        (_no_ledger, "differ in"),
        (_library, r"differ in versions\.flask \(None and 1\.0\.0\)"),
        (_host, "cores 2"),
        (_no_run, "does not say on which host"),
        (_broken_run, "broken or cut short"),
        (_load("vus", 40), "has vus 50, .* has 40: measure all under one load"),
        (_load("rate_rps", 100), "has rate_rps None, .* has 100"),
        (_load("warm_up_s", 3), "has warm_up_s 0.0, .* has 3"),
        (_load("hit_ratio_asked", 0.5), "has hit_ratio_asked None, .* has 0.5"),
        (_load("routes_sha256", "ab"), "has routes_sha256 None, .* has ab"),
        (_empty, "holds no results"),
    ],
)
def test_runs_measured_under_different_conditions_are_refused(
    tmp_path: Path, change: Callable[[Path], None], words: str
) -> None:
    now, before = run(tmp_path / "now", 1), run(tmp_path / "before", 2)
    change(before)
    with pytest.raises(UnusableResults, match=words):
        against(now, before)
    assert main(["compare", str(now), "--against", str(before)]) == 2
