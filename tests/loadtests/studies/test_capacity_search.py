"""The search for the highest rate that passes, on servers of known capacity."""

import random
from itertools import count

import pytest

from loadtests.studies.capacity.search import bracket, confirmations, next_rate, steps_expected

RESOLUTION = 0.05


def found(capacity: float, first: int = 100, highest: int = 100_000) -> tuple[int | None, int]:
    """The final rate of a search on a server of this capacity, and the number of steps."""
    tried: dict[int, bool] = {}
    for steps in count():
        rate = next_rate(tried, first, RESOLUTION, highest)
        if rate is None:
            return bracket(tried)[0], steps
        assert rate not in tried
        tried[rate] = rate <= capacity
    raise AssertionError


@pytest.mark.parametrize("capacity", [1, 2, 7, 99, 100, 101, 640, 1234, 9999])
def test_the_search_ends_within_its_resolution_below_the_capacity(capacity: int) -> None:
    rate, _ = found(capacity)
    assert rate is not None
    assert rate <= capacity
    assert capacity < rate * (1 + RESOLUTION) + 1


def test_the_search_is_short() -> None:
    longest = max(found(random.Random(seed).uniform(100, 3000))[1] for seed in range(100))
    assert longest <= steps_expected(100, RESOLUTION, 3000) <= 12


def test_a_server_without_capacity_has_no_rate_and_an_unlimited_one_the_highest() -> None:
    assert found(0)[0] is None
    assert found(1e9, highest=5000)[0] == 5000


def test_a_passed_rate_above_a_failed_one_does_not_count() -> None:
    assert bracket({100: True, 200: False, 400: True}) == (100, 200)


def test_the_second_pass_lowers_the_rate_by_the_resolution() -> None:
    assert list(confirmations(1000, RESOLUTION)) == [1000, 950, 900, 850]
    assert list(confirmations(1, RESOLUTION)) == [1]
