"""What the tests share: a running stack, and its four combinations over real HTTP."""

import signal
from collections.abc import Iterator

import pytest

from compose.local.stack import Stack
from tests.support.combination import Combination
from tests.support.stacks import COMBINATIONS, stack_of

# Redis is given up after 100 ms by default, which a busy machine reaches without any fault; the breaker then opens.
PATIENT = {"CACHE_TIMEOUT": "4"}


def pytest_configure() -> None:
    """Programs that tests start hear Ctrl-C, also where a shell has started the tests in the background, deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """All four services with two workers each, for the whole run."""
    with stack_of(environment=PATIENT) as running:
        yield running


@pytest.fixture(scope="session")
def all_combinations(stack: Stack) -> Iterator[dict[str, Combination]]:
    """The four combinations by name."""
    combinations = {name: Combination(stack, name) for name in COMBINATIONS}
    yield combinations
    for each in combinations.values():
        each.close()


@pytest.fixture(params=COMBINATIONS)
def combination(request: pytest.FixtureRequest, all_combinations: dict[str, Combination]) -> Combination:
    """One combination after the other, as earlier tests have left it."""
    return all_combinations[request.param]


@pytest.fixture(params=[name for name in COMBINATIONS if name.endswith("-cached")])
def cached(request: pytest.FixtureRequest, all_combinations: dict[str, Combination]) -> Combination:
    """One combination with a cache after the other, its part of Redis empty."""
    chosen = all_combinations[request.param]
    chosen.forget()
    return chosen


@pytest.fixture
def fresh(combination: Combination) -> Combination:
    """The combination with the template's rows and an empty cache."""
    combination.renew()
    return combination
