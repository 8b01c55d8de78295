"""The beginning of a phase's batches, from k6's log."""

import pytest

from loadtests.observe.window import MEASURED, TURNS, edges_of


@pytest.mark.parametrize(
    ("round_ms", "edges"),
    [(0, [1, 1.25, 1.5, 1.75, 2]), (100, [1, 1.3, 1.5, 1.8, 2]), (400, [1, 1.4, 1.8, 1.8, 2]), (2000, [1, 2, 2, 2, 2])],
)
def test_a_batch_begins_with_its_first_round(round_ms: float, edges: list[float]) -> None:
    assert edges_of(1000, 2000, 4, round_ms) == pytest.approx(edges)


def test_a_load_belongs_to_the_combination_with_the_whole_name() -> None:
    found = MEASURED.search('level=info msg="async-cached is measured from 1795938748408 for 2.5 s" source=console')
    assert found
    assert found.groups() == ("async-cached", "1795938748408", "2.5")


def test_a_phase_may_have_the_name_of_a_users_route() -> None:
    found = TURNS.search('msg="turns of my page from 1000 to 2000 in 10 batches, rounds of 115.107 ms" source')
    assert found
    assert found.groups() == ("my page", "1000", "2000", "10", "115.107")
