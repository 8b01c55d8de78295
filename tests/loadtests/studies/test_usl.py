"""The Universal Scalability Law on data whose parameters are known."""

import random
import re

import pytest

from loadtests.studies.capacity.usl import fit, predict

AT = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
KNOWN = {"lambda": 400.0, "sigma": 0.08, "kappa": 0.002}


def law(number: int, lambda_: float, sigma: float, kappa: float) -> float:
    return lambda_ * number / (1 + sigma * (number - 1) + kappa * number * (number - 1))


def measured(noise: float, seed: int, sigma: float = 0.08, kappa: float = 0.002) -> dict[int, float]:
    chance = random.Random(seed)
    return {at: law(at, 400.0, sigma, kappa) * (1 + chance.gauss(0, noise)) for at in AT}


def test_data_without_noise_give_the_true_parameters() -> None:
    found = fit(measured(0, 1))
    assert found.refused is None
    for name, value in KNOWN.items():
        assert found.parameters[name].value == pytest.approx(value, rel=1e-6)
    # Gunther's formula for the peak: the root of (1 - sigma) / kappa.
    assert found.peak_at == pytest.approx((0.92 / 0.002) ** 0.5, rel=1e-6)


def test_intervals_contain_the_truth_at_about_their_nominal_rate() -> None:
    runs = 300
    inside = dict.fromkeys(KNOWN, 0)
    foretold = 0
    for seed in range(runs):
        found = fit(measured(0.03, seed))
        for name, value in KNOWN.items():
            estimate = found.parameters[name]
            inside[name] += estimate.low <= value <= estimate.high
        truth = law(20, 400.0, 0.08, 0.002) * (1 + random.Random(-seed - 1).gauss(0, 0.03))
        foretold += predict(found, 20, truth).inside
    for name, hits in {**inside, "prediction": foretold}.items():
        assert 0.91 <= hits / runs <= 0.985, name


def test_an_interval_stops_at_zero_and_then_no_peak_is_claimed() -> None:
    found = fit(measured(0.03, 4, sigma=0.3, kappa=0.0))
    assert found.parameters["kappa"].low == 0
    assert found.peak_at is None
    assert found.parameters["sigma"].low < 0.3 < found.parameters["sigma"].high


def test_without_a_knee_there_is_no_fit() -> None:
    found = fit(measured(0.02, 1, sigma=0.01, kappa=0.0))
    assert found.refused is not None
    assert " 32 " in found.refused
    assert found.parameters == {}


def test_too_few_points_give_no_fit() -> None:
    assert re.fullmatch(r"2 .* 6 .*", str(fit({1: 100.0, 2: 150.0}).refused))


def test_a_throughput_against_the_law_is_outside_its_prediction() -> None:
    found = fit(measured(0.02, 2))
    assert not predict(found, 20, 2 * law(20, 400.0, 0.08, 0.002)).inside
