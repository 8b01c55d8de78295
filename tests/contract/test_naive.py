"""The naive twins answer a product and the catalogue as the contract says, under the names of their combinations."""

from collections.abc import Iterator

import pytest

from loadtests.schema.combinations import OURS, read_entries
from tests.contract.test_contract_catalogue import *  # noqa: F403 (each of its tests, with the fixture below)
from tests.contract.test_contract_products import (  # noqa: F401
    test_a_product_is_its_row,
    test_an_unknown_product_is_a_404,
)
from tests.support.combination import Combination
from tests.support.stacks import stack_of

NAIVE = [one.name for one in read_entries(OURS) if one.axes.code]


@pytest.fixture(scope="module")
def naive(servers: None) -> Iterator[dict[str, Combination]]:
    with stack_of(NAIVE, workers=1) as stack:
        found = {name: Combination(stack, name) for name in NAIVE}
        yield found
        for each in found.values():
            each.close()


@pytest.fixture(params=NAIVE)
def combination(request: pytest.FixtureRequest, naive: dict[str, Combination]) -> Combination:
    return naive[request.param]


def test_a_second_read_is_a_hit_if_there_is_a_cache(combination: Combination) -> None:
    combination.forget()
    answers = [combination.get(path) for path in ("/api/products/5", "/api/products?after=40") for _ in range(2)]
    states = [answer.headers["X-Cache"] for answer in answers]
    assert states == (["miss", "hit", "miss", "hit"] if combination.cached else ["off"] * 4)
    assert answers[0].content == answers[1].content
