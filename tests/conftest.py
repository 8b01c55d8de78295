"""Shared fixtures: a running stack, its four combinations over real HTTP, and marks by what a test starts."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from compose.local.placement import listed
from compose.local.stack import Stack
from loadtests.targets.k6 import find_k6
from tests.support.combination import Combination
from tests.support.seeded_data import seeded_data
from tests.support.stacks import COMBINATIONS, stack_of

# The default time-out of 100 ms for Redis can be reached on a busy machine without a fault; the breaker then opens.
PATIENT = {"CACHE_TIMEOUT": "4"}


# A test with one of these fixtures has the mark: `-m "not stack and not k6 and not browser"` starts no server.
MARKS: Final = {
    "stack": {"servers", "stack", "side", "both", "own_redis", "server"},
    "k6": {"k6"},
    "browser": {"browser", "chromium"},
}
PROGRAMS: Final = {
    "stack": {"mariadbd", "mysqld", "mariadb-install-db", "redis-server", "gunicorn", "hypercorn"},
    "k6": {"k6"},
}
running: list[pytest.Item] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by its fixtures; tests that start a server run first, the short ones fill the gaps."""
    for item in items:
        for mark, fixtures in MARKS.items():
            if fixtures & set(getattr(item, "fixturenames", ())):
                item.add_marker(mark)
    items.sort(key=lambda item: not any(map(item.get_closest_marker, MARKS)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    """Remembers which test runs."""
    running.append(item)
    try:
        return (yield)
    finally:
        running.remove(item)


def refuse_unmarked(event: str, values: tuple[Any, ...]) -> None:
    """Fails a test that starts a server without a fixture that marks it."""
    if event != "subprocess.Popen" or not running:
        return
    program = Path(os.fsdecode(values[0] or values[1][0])).name
    for mark, programs in PROGRAMS.items():
        if program in programs and running[-1].get_closest_marker(mark) is None:
            raise RuntimeError(f"{program} is started by a test without the mark {mark}: use one of {MARKS[mark]}")


sys.addaudithook(refuse_unmarked)


def pytest_configure() -> None:
    """Lets programs started by tests receive Ctrl-C, even if a shell ignores it for tests in the background.

    Concurrent stacks have no cores of their own: all services on one core would leave the other idle.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "PYTEST_XDIST_WORKER" in os.environ:
        cores = listed(frozenset(os.sched_getaffinity(0)))
        os.environ |= {"SERVICE_CPUS": cores, "OTHER_CPUS": cores}


@pytest.fixture(scope="session")
def servers() -> None:
    """For tests that start their own servers on a copy of the data: seeding takes longer than everything else."""
    os.environ["SEEDED_DATA"] = str(seeded_data())


@pytest.fixture(scope="session")
def k6() -> str:
    return find_k6()


@pytest.fixture(scope="session")
def stack(servers: None) -> Iterator[Stack]:
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
    """Each combination, in the state left by earlier tests."""
    return all_combinations[request.param]


@pytest.fixture(params=[name for name in COMBINATIONS if name.endswith("-cached")])
def cached(request: pytest.FixtureRequest, all_combinations: dict[str, Combination]) -> Combination:
    """Each cached combination, with its part of Redis empty."""
    chosen = all_combinations[request.param]
    chosen.forget()
    return chosen


@pytest.fixture
def fresh(combination: Combination) -> Combination:
    """The combination with the template's rows and an empty cache."""
    combination.renew()
    return combination
