"""The comparison on simulated runs of a known effect, from result files on: a short, seeded part of the command."""

import json
from collections.abc import Iterator
from math import exp, log
from pathlib import Path

import msgspec
import numpy as np
import pytest

from loadtests.cli.main import main
from loadtests.validation.judged import METRICS, NAMES, PHASE, Proof, Shares, beyond, judge, prove
from loadtests.validation.points import Measured, Noise, Point, Points, noise_of, points_of
from loadtests.validation.simulation import TIMES, Drawn, drawn, resampled, runs_of

RUNS = 100
SEED = 7
NOISE = Noise(
    batch=0.05, skewness=1.0, autocorrelation=0.3, drift=0.02, start=0.008, latency_p95=0.05, service_cpu=0.01
)
TRUTH = dict.fromkeys(METRICS, 1 / TIMES)
# Bounds that 95 % of 100 runs exceed once in a thousand times or less.
LEAST_HELD, MOST_HELD = 0.87, 0.995


def drawn_runs(noise: Noise = NOISE, runs: int = RUNS) -> Drawn:
    return drawn(noise, runs, np.random.default_rng(SEED))


def proof_of(runs: Drawn, folder: Path) -> Proof:
    return prove([judge(rounds) for rounds in runs_of(runs, folder)], TRUTH)


def points_from(runs: Drawn) -> Iterator[Points]:
    """Points of all starts of all runs."""
    for start in zip(*(values.reshape(-1, *values.shape[2:]) for values in runs), strict=True):
        services = zip(NAMES, *start, strict=True)
        yield {
            name: Point([round(float(value), 5) for value in contrasts], 10.0, exp(percentile), exp(cpu))
            for name, contrasts, percentile, cpu in services
        }


def test_intervals_contain_the_truth_and_equal_services_raise_few_alarms(tmp_path: Path) -> None:
    proof = proof_of(drawn_runs(), tmp_path)
    assert (proof.void, beyond(proof)) == (0, [])
    held = [share for shares in proof.shares.values() for share in (shares.equal_held, shares.slowed_held)]
    assert LEAST_HELD <= min(held) <= max(held) <= MOST_HELD
    assert max(shares.false_alarms for shares in proof.shares.values()) <= 1 - LEAST_HELD
    assert proof.nothing_recommended >= LEAST_HELD


@pytest.mark.parametrize(("batch", "lowest", "highest"), [(0.03, 0.97, 1.0), (0.4, 0.0, 0.5)])
def test_a_tenth_is_detected_if_the_noise_allows_it(
    tmp_path: Path, batch: float, lowest: float, highest: float
) -> None:
    noise = msgspec.structs.replace(NOISE, batch=batch)
    found = proof_of(drawn_runs(noise, RUNS // 2), tmp_path).shares["latency_avg"]
    assert lowest <= found.found <= highest
    assert (found.half_interval < 0.04) is (batch < 0.1)


def test_intervals_that_are_too_narrow_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.analysis.effects.CONFIDENCE", 0.7)
    found = beyond(proof_of(drawn_runs(runs=RUNS // 2), tmp_path))
    assert {line.partition(" in ")[0] for line in found} >= {f"{metric}: equal_held" for metric in METRICS}


def test_the_estimated_noise_is_the_simulated_one() -> None:
    noise = msgspec.structs.replace(NOISE, drift=0.05, start=0.02)
    found = noise_of(list(points_from(drawn_runs(noise, 300))))
    assert found is not None
    for name, value in msgspec.structs.asdict(noise).items():
        # Drift is only partly distinguished from autocorrelation, and a mean has less skewness.
        assert getattr(found, name) == pytest.approx(value, rel=0.35), name


def test_points_of_files_are_the_written_ones_without_void_batches(tmp_path: Path) -> None:
    (rounds,) = runs_of(drawn_runs(runs=1), tmp_path)
    voided = rounds[2]["async"]
    batches = [
        msgspec.structs.replace(batch, void="late" if batch.batch == 3 else None) for batch in voided.turns[PHASE]
    ]
    rounds[2]["async"] = msgspec.structs.replace(voided, turns={PHASE: batches})
    for number, (found, written) in enumerate(
        zip(points_of(rounds.values()), points_from(drawn_runs(runs=1)), strict=True), 1
    ):
        for name in NAMES:
            void = [at for at, batch in enumerate(found[name].contrasts) if batch is None]
            assert void == ([3] if number == 2 else [])
            assert found[name].contrasts[0] == pytest.approx(written[name].contrasts[0], abs=1e-4)
            assert found[name].service_cpu == pytest.approx(written[name].service_cpu, rel=1e-4)
            assert (found[name].latency_p95 is None) is (number == 2)


def test_runs_of_real_starts_keep_them_whole_with_shuffled_names() -> None:
    real = list(points_from(drawn_runs(runs=1)))
    found = resampled(real, RUNS, np.random.default_rng(SEED))
    whole = {start["slowed"].service_cpu: sorted(point.service_cpu or 0 for point in start.values()) for start in real}
    seen = set()
    for services in np.exp(found.cpu[:, 0]):
        (slowed,) = [cpu for cpu in whole if cpu == pytest.approx(services[-1])]
        assert sorted(services) == pytest.approx(whole[slowed])
        seen.add((slowed, round(float(services[0]), 6)))
    assert len(seen) == len(real) * (len(NAMES) - 1)


def measured_file(folder: Path, points: list[Points]) -> str:
    path = folder / "measured.json"
    path.write_bytes(msgspec.json.encode(Measured(points, 0.9)))
    return str(path)


def test_the_command_prints_its_tables_and_writes_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = measured_file(tmp_path, list(points_from(drawn_runs(runs=4))))
    report = tmp_path / "report.json"
    assert main(["simulate", "--runs", "4", "--measured", measured, "--json", str(report)]) == 0
    assert capsys.readouterr().out.count("latency avg") == 2
    kinds = json.loads(report.read_text())["kinds"]
    assert {name: kind["runs"] for name, kind in kinds.items()} == {"simulated": 4, "resampled": 4}
    for kind in kinds.values():
        assert log(kind["truth"]["latency_avg"]) == pytest.approx(-log(TIMES), abs=0.03)


def test_too_few_starts_give_no_noise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured = measured_file(tmp_path, list(points_from(drawn_runs(runs=1)))[:1])
    assert main(["simulate", "--measured", measured]) == 2
    assert measured in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "nothing", "said"),
    [
        ({}, 1.0, []),
        ({"slowed_held": 0.93, "equal_held": 0.97, "false_alarms": 0.06, "found": 0.94}, 0.94, []),
        ({"slowed_held": 0.88}, 1.0, ["latency_avg: slowed_held in 88.0%"]),
        ({"equal_held": 1.0}, 1.0, ["latency_avg: equal_held in 100.0%"]),
        ({"false_alarms": 0.08}, 1.0, ["latency_avg: false_alarms in 8.0%"]),
        ({"found": 0.9}, 0.9, ["latency_avg: found in 90.0%", "nothing_recommended in 90.0%"]),
    ],
)
def test_a_share_beyond_its_bound_is_named(changes: dict[str, float], nothing: float, said: list[str]) -> None:
    good = Shares(found=0.99, false_alarms=0.03, equal_held=0.95, slowed_held=0.95, half_interval=0.03)
    shares = {"latency_avg": msgspec.structs.replace(good, **changes)}
    found = beyond(Proof(1000, 0, {"latency_avg": 0.9}, shares, nothing))
    assert [line.partition(",")[0] for line in found] == said


def test_a_void_run_is_neither_an_alarm_nor_a_detection(tmp_path: Path) -> None:
    runs = drawn_runs(runs=3)
    runs.contrasts[1, :2, :, :6] = np.nan
    proof = proof_of(runs, tmp_path)
    assert (proof.runs, proof.void, proof.shares["latency_avg"].found) == (3, 1, 1.0)
