"""The flips that a sweep finds, on ratios with a known flip."""

import math
import random

import pytest

from loadtests.analysis.effects import verdict
from loadtests.schema.sweep import Flip, Value
from loadtests.studies.sweep.findings import find_flip

LEVELS = (0, 1, 5, 20, 100)
KNOWN = 8.0
T_95 = 1.96


def values(logarithms: dict[float, float], error: float) -> list[Value]:
    found = []
    for level, mean in logarithms.items():
        low, high = mean - T_95 * error, mean + T_95 * error
        found.append(Value(level, math.exp(mean), math.exp(low), math.exp(high), verdict(mean, low, high)))
    return found


def line(error: float, seed: int, slope: float = 0.3, shift: float = 0.0) -> list[Value]:
    """Ratios over a distance in ms that are 1 at the known one."""
    chance = random.Random(seed)
    way = {level: math.log1p(level) - math.log1p(KNOWN) for level in LEVELS}
    return values({level: slope * at + shift + chance.gauss(0, error) for level, at in way.items()}, error)


def flip_of(found: list[Value]) -> Flip:
    return find_flip(found, math.log1p, math.expm1)


def test_without_noise_the_flip_is_where_it_is() -> None:
    flip = flip_of(line(1e-9, 1))
    assert flip.kind == "flip"
    assert (flip.at, flip.low, flip.high) == pytest.approx((KNOWN, KNOWN, KNOWN), rel=1e-3)
    assert flip.better is True


def test_a_change_that_becomes_worse_flips_the_other_way() -> None:
    flip = flip_of(line(0.03, 1, slope=-0.3))
    assert (flip.kind, flip.better) == ("flip", False)
    assert flip.low is not None
    assert flip.high is not None
    assert flip.low < KNOWN < flip.high


def test_the_interval_contains_the_known_flip_at_its_nominal_rate() -> None:
    runs = 400
    flips = [flip for seed in range(runs) if (flip := flip_of(line(0.04, seed))).kind == "flip"]
    held = sum((flip.low or 0) <= KNOWN <= (flip.high or 0) for flip in flips)
    assert len(flips) > 0.9 * runs
    # More often: joined ends of intervals are wider than the interval between two levels.
    assert 0.95 <= held / len(flips)


@pytest.mark.parametrize("shift", [-2.0, 2.0])
def test_no_flip_says_which_side_holds_throughout(shift: float) -> None:
    flip = flip_of(line(0.05, 1, shift=shift))
    assert (flip.kind, flip.better) == ("none", shift > 0)


def test_pure_noise_shows_neither_a_flip_nor_its_absence() -> None:
    kinds = [flip_of(line(0.03, seed, slope=0.0)).kind for seed in range(200)]
    assert kinds.count("not shown") >= 0.98 * len(kinds)


def test_levels_that_are_near_1_widen_the_interval() -> None:
    flip = flip_of(values({0: -0.3, 1: -0.01, 5: 0.01, 20: 0.3}, 0.02))
    assert flip.kind == "flip"
    assert flip.low is not None
    assert flip.high is not None
    assert flip.low < 1
    assert flip.high > 5


@pytest.mark.parametrize(
    "logarithms",
    [{0: -0.3, 1: 0.3, 5: -0.3, 20: 0.3}, {0: -0.3, 1: 0.3, 5: -0.3}, {0: 0.0, 1: 0.3}, {0: 0.0, 1: -0.3, 5: 0.3}],
)
def test_a_sign_that_changes_twice_or_not_between_clear_levels_is_not_called_a_flip(
    logarithms: dict[float, float],
) -> None:
    assert flip_of(values(logarithms, 0.01)).kind == "not shown"


def test_one_level_is_too_few() -> None:
    assert flip_of(values({1: 0.2}, 0.01)).kind == "too few points"
