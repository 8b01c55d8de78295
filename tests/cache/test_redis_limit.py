"""The time limit of Redis, on both twins: it counts Redis' time, not delays of the service itself."""

import ctypes
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
import redis

from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import Mode
from shared.cache.commands import Names
from shared.cache.policy import Limits, Policy
from shared.cache.steps import Allowance, CacheTrouble, Command
from shared.service.metrics import Metrics
from shared.service.settings import read_settings
from tests.support.own_redis import OwnRedis
from tests.support.twins import NAMES, Twin
from tests.support.waiting import SLACK, wait_until

pytestmark = pytest.mark.usefixtures("servers")

LIMIT_S, IN_TIME_S = 1.0, 0.6
# Long enough for Redis' reply in time, and too short for the late one; Redis checks blocked clients
# ten times a second.
STANDSTILL_S, LATE_S, PATIENCE_S = 2.0, 8.0, 20.0
DRIP_S, DRIPPED = 0.05, b"x" * 100


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path_factory.mktemp("redis")) as running:
        yield running


class Asking:
    """One twin's connections to Redis."""

    def __init__(self, twin: Twin, own_redis: OwnRedis, proxy: Proxy) -> None:
        self.twin = twin
        self.redis = own_redis
        self.proxy = proxy
        settings = read_settings(
            {
                "COMBINATION": f"{twin.name}-cached",
                "BIND": "127.0.0.1:1",
                "DATABASE_URL": "mysql://nobody@nowhere/none",
                "CACHE_URL": f"redis://127.0.0.1:{proxy.port}/0",
                "CACHE_TIMEOUT": str(LIMIT_S),
            }
        )
        self._background = twin.call(twin.part("service.background", "Background"))
        policy, metrics = Policy(Names(twin.name), Limits.of(settings), Metrics()), Metrics()
        self.gateway = twin.call(twin.part("cache.redis", "RedisGateway"), settings, policy, self._background, metrics)
        twin.call(self.gateway.open)

    def start(self, after_s: float) -> Future[Any]:
        """Begins a command that Redis answers with null after this many seconds; returns when Redis has received it."""
        replies_late = Command(("BLPOP", "no such list", str(after_s)), lambda reply: ("replied", reply))
        future = self.twin.start(self.gateway.run, replies_late, Allowance(LIMIT_S))
        with self.redis.client() as client:
            wait_until(lambda: client.info("clients")["blocked_clients"], "Redis has the command")
        return future

    def get(self) -> Future[Any]:
        """Begins a command whose reply is long."""
        return self.twin.start(self.gateway.run, Command(("GET", "long"), bytes), Allowance(LIMIT_S))

    def close(self) -> None:
        """As the end of a service."""
        self.gateway.closing.set()
        self.twin.call(self._background.close, 2.0)
        self.twin.call(self.gateway.close)


@pytest.fixture(params=NAMES)
def asking(request: pytest.FixtureRequest, own_redis: OwnRedis) -> Iterator[Asking]:
    with Twin(request.param) as twin, Proxy(own_redis.port) as proxy:
        asking = Asking(twin, own_redis, proxy)
        yield asking
        asking.close()


def _stand_still(seconds: float) -> None:
    """Holds the GIL like a long computation in C: no thread and no task runs."""
    ctypes.PyDLL(None).usleep(int(seconds * 1_000_000))


def test_a_reply_that_came_while_the_service_stood_still_is_not_late(asking: Asking) -> None:
    waiting = asking.start(IN_TIME_S)
    _stand_still(STANDSTILL_S)
    assert waiting.result(PATIENCE_S) == ("replied", None)


def test_a_late_reply_times_out(asking: Asking) -> None:
    began = time.monotonic()
    with pytest.raises(CacheTrouble):
        asking.start(LATE_S).result(PATIENCE_S)
    assert LIMIT_S <= time.monotonic() - began < LIMIT_S + SLACK
    with asking.redis.client() as client:
        wait_until(lambda: not client.info("clients")["blocked_clients"], "the connection was closed")


def test_a_late_reply_is_not_awaited_because_the_service_stood_still(asking: Asking) -> None:
    waiting = asking.start(LATE_S)
    _stand_still(STANDSTILL_S)
    with pytest.raises(CacheTrouble):
        waiting.result(PATIENCE_S)


def test_a_reply_after_its_time_out_is_not_taken_for_the_next(asking: Asking) -> None:
    with pytest.raises(CacheTrouble):
        asking.start(2 * LIMIT_S).result(PATIENCE_S)
    ping = Command(("PING",), lambda reply: reply)
    assert asking.twin.call(asking.gateway._send, ping, SLACK) == b"PONG"


def test_a_dripping_reply_times_out(asking: Asking) -> None:
    with asking.redis.client() as client:
        client.set("long", DRIPPED)
    began = time.monotonic()
    with asking.proxy.switched(Mode("drip", DRIP_S)), pytest.raises(CacheTrouble):
        asking.get().result(PATIENCE_S)
    assert LIMIT_S <= time.monotonic() - began < 2 * LIMIT_S + SLACK


def test_the_blocking_clients_own_time_out_restarts_with_each_byte(own_redis: OwnRedis) -> None:
    """Why the sync side has a watch; if this fails, redis-py limits the whole reply and the watch is unnecessary."""
    with own_redis.client() as client:
        client.set("long", DRIPPED)
    with Proxy(own_redis.port) as proxy, redis.Redis(port=proxy.port, protocol=2, socket_timeout=LIMIT_S) as client:
        client.ping()
        began = time.monotonic()
        with proxy.switched(Mode("drip", DRIP_S)):
            assert client.get("long") == DRIPPED
    assert time.monotonic() - began > len(DRIPPED) * DRIP_S
