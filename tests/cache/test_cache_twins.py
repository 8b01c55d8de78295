"""The breaker with its owed drops, and both twins' caches with their own Redis: no service, no database."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import CUT, Mode
from shared.cache import breaker as cache_breaker
from shared.cache.breaker import BATCH, Breaker
from shared.cache.plans import Plan, product_plan
from shared.service.metrics import Metrics
from shared.service.settings import read_settings
from tests.support.own_redis import OwnRedis
from tests.support.twins import NAMES, Twin
from tests.support.waiting import SLACK, wait_until

PREFIX = "a[b]*?"
SETTINGS = {
    "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://nobody@nowhere/none", "CACHE_PREFIX": PREFIX,
    "CACHE_TIMEOUT": "0.5", "CACHE_LIFETIME": "4",
}  # fmt: skip
STRANGER = b"ab:stamp:product:1"


@pytest.fixture
def breaker() -> Breaker:
    return Breaker(nullcontext(), Metrics())


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(own_redis: OwnRedis) -> Iterator[Proxy]:
    with Proxy(own_redis.port) as running:
        yield running


@pytest.fixture(params=NAMES)
def side(request: pytest.FixtureRequest, own_redis: OwnRedis, proxy: Proxy) -> Iterator["Side"]:
    with own_redis.client() as client:
        client.flushall()
    with Twin(request.param) as twin:
        side = Side(twin, proxy.port)
        yield side
        side.close()


class Side:
    """One twin's cache, whose body is the number of loads."""

    def __init__(self, twin: Twin, port: int, **settings_of_its_own: str) -> None:
        address = {"COMBINATION": twin.name, "CACHE_URL": f"redis://127.0.0.1:{port}/0"}
        settings = read_settings(SETTINGS | address | settings_of_its_own)
        self.pool_is_busy = False
        self.twin = twin
        self.made = 0
        self._background = twin.call(twin.part("service.background", "Background"))
        self.cache = twin.call(
            twin.part("cache.cache", "Cache"), settings, self._background, lambda: self.pool_is_busy, Metrics()
        )
        twin.call(self.cache.open)

    def get(self, plan: Plan) -> tuple[bytes, str]:
        """The body and where it came from."""
        answer = self.twin.call(self.cache.answer, plan, self._load)
        return answer.body, dict(answer.headers)["X-Cache"]

    def drop(self, *groups: str) -> None:
        """What a write does."""
        self.twin.call(self.cache.drop, groups)

    def close(self) -> None:
        """As the end of a service."""
        self.twin.call(self.cache.end_pauses)
        self.twin.call(self._background.close, 2.0)
        self.twin.call(self.cache.close)

    def asks(self) -> bool:
        """Whether the breaker is closed, which the service shows only in its metrics."""
        return not self.cache._redis._breaker.is_open

    def _load(self) -> Any:
        self.made += 1
        return self.twin.result(b"%d" % self.made)


def test_a_closed_breaker_defers_no_drop(breaker: Breaker) -> None:
    assert not breaker.defer(["one"])
    breaker.open()
    assert breaker.defer(["one"])
    assert breaker.take() == ["one"]


def test_a_breaker_does_not_close_while_a_drop_is_owed(breaker: Breaker) -> None:
    breaker.open(["one", "two"])
    assert not breaker.close()
    assert breaker.take() == ["one", "two"]
    breaker.defer(["two"])  # written again while the first drop of it was under way
    assert not breaker.close()
    assert breaker.take() == ["two"]
    assert breaker.close()


def test_a_group_is_owed_once_and_groups_are_taken_in_batches(breaker: Breaker) -> None:
    groups = [str(number) for number in range(BATCH + 1)]
    breaker.open(groups)
    breaker.defer(groups)
    assert breaker.take() == groups[:BATCH]
    assert breaker.take() == groups[BATCH:]


def test_too_many_owed_groups_are_forgotten_and_invalidate_everything(
    breaker: Breaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_breaker, "MOST_OWED", 3)
    breaker.open(["one", "two", "three"])
    breaker.defer(["four"])
    breaker.defer(["five"])
    assert not breaker.close()
    assert breaker.take() is None
    assert breaker.close()


def test_the_pauses_between_probes_grow_and_are_reset(breaker: Breaker) -> None:
    breaker.open()
    assert [breaker.next_pause() for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    breaker.close()
    breaker.open()
    assert breaker.next_pause() == 0.1


def test_a_command_whose_reply_a_reset_lost_is_repeated_once(side: Side, own_redis: OwnRedis, proxy: Proxy) -> None:
    plan = product_plan(4)
    side.get(plan)
    with own_redis.client() as client, proxy.switched(Mode("lose", word="MGET")):
        client.config_resetstat()
        _, state = side.get(plan)
        asked = client.info("commandstats")["cmdstat_mget"]["calls"]
    assert (state, asked) == ("bypass", 2)


def test_a_failed_drop_is_repeated_before_any_read(side: Side, proxy: Proxy) -> None:
    plan = product_plan(1)
    first, _ = side.get(plan)
    assert side.get(plan) == (first, "hit")
    with proxy.switched(CUT):  # what is sent now never arrives
        side.drop("product:1")
        assert not side.asks()
        second, state = side.get(plan)
        assert (state, second) == ("bypass", b"%d" % side.made)
    while not side.asks():
        assert side.get(plan)[0] != first
    assert side.get(plan)[0] not in {first, second}


def test_another_worker_serves_the_old_value_only_until_the_drop_is_repeated(
    side: Side, own_redis: OwnRedis, proxy: Proxy
) -> None:
    plan, other = product_plan(5), Side(side.twin, own_redis.port, CACHE_LIFETIME="60")
    first, _ = other.get(plan)
    with proxy.switched(CUT):  # only for the worker that writes
        side.drop("product:5")
        time.sleep(2.0)  # until the pauses between probes are long
        assert other.get(plan) == (first, "hit")
    limit = cache_breaker.LONGEST_PAUSE + float(SETTINGS["CACHE_TIMEOUT"]) + SLACK
    wait_until(lambda: other.get(plan)[0] != first, "the old value is gone", limit)
    other.close()


def test_a_drop_owed_at_the_end_of_a_worker_is_tried_once_more(side: Side, own_redis: OwnRedis, proxy: Proxy) -> None:
    plan = product_plan(2)
    side.get(plan)
    with proxy.switched(CUT):  # what is sent now never arrives
        side.drop("product:2")
        time.sleep(2.0)  # until the pauses between probes are long
    side.close()
    with own_redis.client() as client:
        assert client.exists(f"{PREFIX}:value:product:2")
        assert not client.exists(f"{PREFIX}:stamp:product:2")


def test_when_too_much_is_owed_all_stamps_of_the_combination_expire_and_no_others(
    side: Side, own_redis: OwnRedis, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_breaker, "MOST_OWED", 2)
    plans = [product_plan(number) for number in range(20)]
    before = [side.get(plan)[0] for plan in plans]
    with own_redis.client() as client:
        client.set(STRANGER, b"not ours")
        with proxy.switched(CUT):  # what is sent now never arrives
            side.drop("product:0", "product:1", "product:2")
        wait_until(side.asks, "the breaker has closed")
        assert client.get(STRANGER) == b"not ours"
        assert [side.get(plan)[1] for plan in plans] == ["miss"] * 20
        assert before != [side.get(plan)[0] for plan in plans]


def test_only_a_complete_value_of_the_same_key_is_accepted(side: Side, own_redis: OwnRedis) -> None:
    """As when replies come out of step: all of these values carry the stamp that is in force."""
    plan, other = Plan("page:1", ("pages",)), Plan("page:2", ("pages",))
    side.drop("pages")
    body, _ = side.get(plan)
    with own_redis.client() as client:
        right = client.get(f"{PREFIX}:value:page:1")
        assert right
        client.set(f"{PREFIX}:value:page:2", right)
        assert side.get(other) != (body, "hit")
        for place in range(len(right)):
            client.set(f"{PREFIX}:value:page:1", right[:place] + bytes([right[place] ^ 1]) + right[place + 1 :])
            assert side.get(plan) == (b"%d" % side.made, "miss")
            client.set(f"{PREFIX}:value:page:1", right[:place])
            assert side.get(plan)[1] == "miss"


def test_a_value_past_its_soft_end_is_stale_and_still_ends_with_its_stamp(side: Side) -> None:
    side.pool_is_busy = True  # so that no request refreshes it
    plan = product_plan(31)
    body, _ = side.get(plan)
    wait_until(lambda: side.get(plan) == (body, "stale"), "it is past its soft end")
    side.drop("product:31")
    assert side.get(plan) == (b"%d" % side.made, "miss")
    assert side.made == int(body) + 1


def test_a_value_past_its_soft_end_is_refreshed_in_the_background(side: Side) -> None:
    side.pool_is_busy = True
    plan = product_plan(32)
    body, _ = side.get(plan)
    wait_until(lambda: side.get(plan) == (body, "stale"), "it is past its soft end")
    side.pool_is_busy = False
    assert side.get(plan) == (body, "stale")
    wait_until(lambda: side.get(plan) == (b"%d" % (int(body) + 1), "hit"), "it was made again")
    assert side.made == int(body) + 1
