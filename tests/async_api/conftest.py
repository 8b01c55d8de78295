"""The async twin's parts in the loop of a test, beside the real database of the stack and a Redis of their own."""

from collections.abc import Iterator

import pytest

from tests.support.own_redis import OwnRedis
from tests.support.sides import Side, server_of, side_of


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """The async twin's settings and user, and what the server sees of it; nothing runs in a loop of its own."""
    with side_of("async", server_of("local", request)) as running:
        yield running


@pytest.fixture(scope="session")
def session_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    """A Redis for all tests of a run."""
    with OwnRedis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture
def own_redis(session_redis: OwnRedis) -> OwnRedis:
    """A Redis that is empty."""
    with session_redis.client() as client:
        client.flushall()
    return session_redis
