"""The order in which combinations are measured."""

from itertools import pairwise

import pytest

from loadtests.schema.design import orders, williams_square
from tests.support.simulated_results import COMBINATIONS


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6])
def test_each_follows_each_other_equally_often(size: int) -> None:
    square = williams_square(size)
    steps = [step for row in square for step in pairwise(row)]
    every = [(one, other) for one in range(size) for other in range(size) if one != other]
    assert sorted(steps) == sorted(every * (len(steps) // len(every)))


@pytest.mark.parametrize("size", [2, 3, 4, 5, 6])
def test_each_is_at_each_place_equally_often(size: int) -> None:
    square = williams_square(size)
    for place in zip(*square, strict=True):
        assert sorted(place) == sorted(list(range(size)) * (len(square) // size))


def test_more_rounds_than_the_square_has_start_it_again() -> None:
    found = orders(COMBINATIONS, 6)
    assert found[4:] == found[:2]
    assert all(sorted(names) == sorted(COMBINATIONS) for names in found)
