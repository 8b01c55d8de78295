"""How long Redis may take, on both twins: it is Redis that is judged by it, and not the service beside it."""

import ctypes
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from shared.cache.commands import Names
from shared.cache.policy import Limits, Policy
from shared.cache.steps import Allowance, CacheTrouble, Command
from shared.service.metrics import Metrics
from shared.service.settings import read_settings
from tests.support.own_redis import OwnRedis
from tests.support.twins import NAMES, Twin
from tests.support.waiting import SLACK

LIMIT_S = 0.3
# Long enough for Redis' reply to be there at its end, and too short for the one that is late; Redis looks for what is
# due ten times a second.
STANDSTILL_S, LATE_S, PATIENCE_S = 1.2, 8.0, 20.0


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path_factory.mktemp("redis")) as running:
        yield running


class Asking:
    """One twin's connections to Redis."""

    def __init__(self, twin: Twin, port: int) -> None:
        self.twin = twin
        settings = read_settings(
            {
                "COMBINATION": f"{twin.name}-cached",
                "BIND": "127.0.0.1:1",
                "DATABASE_URL": "mysql://nobody@nowhere/none",
                "CACHE_URL": f"redis://127.0.0.1:{port}/0",
                "CACHE_TIMEOUT": str(LIMIT_S),
            }
        )
        self._background = twin.call(twin.part("service.background", "Background"))
        policy, metrics = Policy(Names(twin.name), Limits.of(settings), Metrics()), Metrics()
        self.gateway = twin.call(twin.part("cache.redis", "RedisGateway"), settings, policy, self._background, metrics)
        twin.call(self.gateway.open)

    def start(self, after_s: float) -> Future[Any]:
        """Begins a command to which Redis replies with nothing after so many seconds."""
        replies_late = Command(("BLPOP", "no such list", str(after_s)), lambda reply: ("replied", reply))
        return self.twin.start(self.gateway.run, replies_late, Allowance(LIMIT_S))

    def close(self) -> None:
        """As the end of a service."""
        self.gateway.closing.set()
        self.twin.call(self._background.close, 2.0)
        self.twin.call(self.gateway.close)


@pytest.fixture(params=NAMES)
def asking(request: pytest.FixtureRequest, own_redis: OwnRedis) -> Iterator[Asking]:
    with Twin(request.param) as twin:
        asking = Asking(twin, own_redis.port)
        yield asking
        asking.close()


def _stand_still(seconds: float) -> None:
    """Keeps Python's lock, as a long computation in C does: no thread runs, and no task."""
    ctypes.PyDLL(None).usleep(int(seconds * 1_000_000))


def test_a_reply_that_came_while_the_service_stood_still_is_not_late(asking: Asking) -> None:
    waiting = asking.start(after_s=LIMIT_S / 3)
    time.sleep(LIMIT_S / 10)
    _stand_still(STANDSTILL_S)
    assert waiting.result(PATIENCE_S) == ("replied", None)


def test_a_reply_that_is_late_is_given_up_in_time(asking: Asking) -> None:
    began = time.monotonic()
    with pytest.raises(CacheTrouble):
        asking.start(after_s=LATE_S).result(PATIENCE_S)
    assert LIMIT_S <= time.monotonic() - began < LIMIT_S + SLACK


def test_a_reply_that_is_late_is_not_waited_for_because_the_service_stood_still(asking: Asking) -> None:
    waiting = asking.start(after_s=LATE_S)
    time.sleep(LIMIT_S / 10)
    _stand_still(STANDSTILL_S)
    with pytest.raises(CacheTrouble):
        waiting.result(PATIENCE_S)


def test_a_given_up_reply_is_not_taken_for_the_next(asking: Asking) -> None:
    with pytest.raises(CacheTrouble):
        asking.start(after_s=4 * LIMIT_S).result(PATIENCE_S)
    ping = Command(("PING",), lambda reply: reply)
    assert asking.twin.call(asking.gateway._send, ping, SLACK) == b"PONG"
