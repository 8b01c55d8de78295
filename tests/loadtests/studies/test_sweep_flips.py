"""Where a sweep says that the answer flips, on curves whose flip is known."""

import math
import random

import pytest

from loadtests.studies.sweep.curve import Measured
from loadtests.studies.sweep.flips import find_flip

LEVELS = (0, 1, 5, 20, 100)
KNOWN = 8.0


def line(noise: float, seed: int, passes: int = 3, slope: float = 0.3, bend: float = 0.0) -> list[Measured]:
    """Log ratios over a distance in ms that are 0 at the known one."""
    chance = random.Random(seed)

    def value(at: float) -> float:
        way = math.log1p(at) - math.log1p(KNOWN)
        return slope * way + bend * way * way

    return [(at, value(at) + chance.gauss(0, noise)) for _ in range(passes) for at in LEVELS]


def test_without_noise_the_flip_is_where_it_is() -> None:
    flip = find_flip(line(1e-9, 1), math.log1p)
    assert flip.kind == "flip"
    assert flip.at == pytest.approx(KNOWN, rel=0.03)
    assert flip.better is True


def test_the_interval_holds_the_known_flip_about_as_often_as_it_says() -> None:
    runs, held, shown = 300, 0, 0
    for seed in range(runs):
        flip = find_flip(line(0.1, seed), math.log1p)
        if flip.low is None or flip.high is None:
            continue
        shown += 1
        held += flip.low <= KNOWN <= flip.high
    assert shown > 0.9 * runs
    assert 0.92 <= held / shown <= 0.99


def test_a_bent_curve_is_followed() -> None:
    flip = find_flip(line(0.02, 3, bend=0.1), math.log1p)
    assert flip.kind == "flip"
    assert flip.low is not None
    assert flip.high is not None
    assert flip.low <= KNOWN <= flip.high


@pytest.mark.parametrize("shift", [-2.0, 2.0])
def test_no_flip_says_which_side_holds_throughout(shift: float) -> None:
    flip = find_flip([(at, value + shift) for at, value in line(0.05, 1)], math.log1p)
    assert (flip.kind, flip.better) == ("none", shift > 0)


def test_nothing_but_noise_is_no_flip_and_no_absence_of_one() -> None:
    runs = 100
    kinds = [find_flip(line(0.03, seed, slope=0.0), math.log1p).kind for seed in range(runs)]
    assert kinds.count("not shown") >= 0.9 * runs
    # A slope that is not there is seen as often as 95 % intervals allow.
    assert kinds.count("flip") <= 0.1 * runs


def test_what_the_fit_cannot_say_is_said_as_between_two_levels() -> None:
    jump = [(0.0, -0.3), (1.0, -0.31), (5.0, -0.29), (20.0, 0.3), (100.0, 0.31)]
    flip = find_flip([(at, value) for at, value in jump if at in (0, 5, 20)], math.log1p)
    assert (flip.kind, flip.low, flip.high, flip.better) == ("between", 5, 20, True)


def test_a_sign_that_changes_twice_is_not_called_a_flip() -> None:
    wave = [(0.0, -0.3), (1.0, 0.3), (5.0, -0.3), (20.0, 0.3), (100.0, -0.3)]
    assert find_flip(wave, math.log1p).kind == "not shown"


def test_few_levels_are_too_few() -> None:
    assert find_flip([(0.0, 0.1), (1.0, 0.2)], math.log1p).kind == "too few points"
