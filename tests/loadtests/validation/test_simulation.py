"""The judgement on simulated runs of a known effect, from result files on: a short, seeded part of the command."""

import json
from pathlib import Path

import pytest

from loadtests.cli.main import main
from loadtests.validation.simulation import noise as noise_module
from loadtests.validation.simulation.noise import MetricNoise, Noise, lasting, noise_of
from loadtests.validation.simulation.proof import NULL, Proof, beyond
from loadtests.validation.simulation.runs import Disturbance, Truth
from loadtests.validation.simulation.study import Scenario, rounds_of, study
from tests.support.simulated_results import write_rounds
from tools import measure_noise
from tools.measure_noise import of_rounds

RUNS = 300
SEED = 7
METRICS = ("latency_avg", "latency_p95", "throughput", "service_cpu")
# 95 % of 300 runs lie below this once in four thousand times.
LEAST_HELD = 0.906
# And above this once in a thousand times.
MOST_HELD = 0.985


def noise(spread: float) -> Noise:
    """Both pairs equally noisy, at levels ten apart."""
    pairs = {
        pair: {metric: MetricNoise(level, spread, spread, 4) for metric in METRICS}
        for pair, level in (("uncached", 100.0), ("cached", 10.0))
    }
    return Noise(120.0, pairs)


@pytest.mark.parametrize("disturbance", [Disturbance(), Disturbance(drift=3.0)])
def test_intervals_hold_the_truth_and_equal_services_raise_few_alarms(disturbance: Disturbance) -> None:
    found = study(Scenario(noise(0.05), Truth({}), disturbance=disturbance), RUNS, SEED)
    held = [shares.ratio_held for shares in found.values()]
    assert LEAST_HELD <= min(held) <= max(held) <= MOST_HELD
    differences = [shares.difference_held for shares in found.values() if shares.difference_held is not None]
    assert (len(differences), min(differences) >= LEAST_HELD) == (16, True)
    alarms = [shares.better + shares.worse for (effect, _), shares in found.items() if effect in NULL]
    assert (len(alarms), max(alarms) <= 1 - LEAST_HELD) == (16, True)


@pytest.mark.parametrize(("spread", "lowest", "highest"), [(0.025, 0.97, 1.0), (0.15, 0.0, 0.4)])
def test_ten_percent_are_found_where_the_noise_allows_it(spread: float, lowest: float, highest: float) -> None:
    found = study(Scenario(noise(spread), Truth({"async": 1.1, "async-cached": 1.1})), RUNS // 2, SEED)
    for pair in ("uncached", "cached"):
        assert lowest <= found[f"async {pair}", "latency_avg"].worse <= highest


def test_intervals_that_are_too_narrow_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.analysis.effects.CONFIDENCE", 0.8)
    found = study(Scenario(noise(0.05), Truth({})), RUNS // 2, SEED)
    assert max(shares.ratio_held for shares in found.values()) < LEAST_HELD


def test_the_noise_of_simulated_runs_is_the_noise_that_was_asked_for() -> None:
    spread = 0.08
    (rounds,) = rounds_of(Scenario(noise(spread), Truth({}), rounds=800, disturbance=Disturbance(drift=0.0)), 1, SEED)
    for metrics in noise_of(of_rounds(rounds, "simulated")).pairs.values():
        for found in metrics.values():
            assert found.between_twins == pytest.approx(spread, rel=0.1)
            assert found.weather == pytest.approx(spread, rel=0.15)


def test_noise_of_longer_cells_is_smaller_by_the_root() -> None:
    assert lasting(noise(0.1), 480.0).pairs["cached"]["latency_avg"].between_twins == pytest.approx(0.05)


def test_the_command_prints_its_tables_and_writes_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rounds(tmp_path, {"sync": 100.0, "sync-cached": 10.0, "async": 100.0, "async-cached": 10.0}, 4, 0.002)
    monkeypatch.setattr(noise_module, "FILE", tmp_path / "noise.txt")
    assert measure_noise.main(["--source", "a test", f"quick={tmp_path}"]) == 0
    assert main(["simulate", "--runs", "4", "--json", str(tmp_path / "report.txt")]) == 0
    assert "quick: false alarms" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.txt").read_text())
    assert report["runs"] == 4
    assert set(report["profiles"]["quick"]["coverage"]["slower"]) == {
        *("cache", "async", "interaction", "cache in sync", "cache in async", "async uncached", "async cached")
    }


@pytest.mark.parametrize(
    ("held", "in_ms", "alarms", "said"),
    [
        (0.95, 0.95, 0.04, []),
        (0.93, 0.97, 0.055, []),
        (0.95, 0.88, 0.04, ["intervals that hold the true difference, equal: missed, async cached, p50: 12.0%"]),
        (1.0, 0.95, 0.04, ["intervals that hold the true ratio, equal, async cached, p50: 100.0%"]),
        (0.95, 0.95, 0.08, ["false alarms, async cached, p50: 8.0%"]),
    ],
)
def test_a_share_beyond_its_bound_is_named(held: float, in_ms: float, alarms: float, said: list[str]) -> None:
    ratios, differences, false = ({"async cached": {"p50": share}} for share in (held, in_ms, alarms))
    found = beyond(Proof({"equal": ratios}, {"equal": differences}, false, {}, {}), 1000)
    assert [one.partition(", and")[0] for one in found] == said


def test_a_folder_that_holds_no_results_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert measure_noise.main(["--source", "a test", f"quick={tmp_path}"]) == 2
    assert "holds no results" in capsys.readouterr().err
