"""The entries in Redis, and that no fault of Redis fails a request."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import monotonic

import httpx
import pytest

from tests.support.combination import Combination
from tests.support.figures import figures
from tests.support.obstacles import frozen, refusing_address
from tests.support.waiting import SLACK, wait_until

LIFETIME, JITTER = 60.0, 6.0
# The time a service may spend on a Redis in trouble; tests/cache/test_cache_trouble.py has more.
SPENT = 1.0
LONGEST = SPENT + SLACK
READS = [
    "/api/products",
    "/api/products?category=toys&limit=3",
    "/api/products/421",
    "/api/reports/revenue?days=3",
    "/api/dashboard",
]
GARBAGE = [b"", b"x", b"{}", b"\x00" * 8, b"\xff" * 100_000, b'{"id":421}']


def pulled(cached: Combination, path: str) -> httpx.Response:
    """GET; fails unless it is a 200 in time."""
    started = monotonic()
    answer = cached.get(path)
    assert answer.status_code == 200
    assert monotonic() - started < LONGEST
    return answer


@pytest.fixture
def without_redis(cached: Combination) -> Iterator[Combination]:
    """The combination with a Redis address on which nothing listens."""
    with refusing_address() as nowhere, restarted(cached, CACHE_URL=f"redis://{nowhere}/0"):
        yield cached


@pytest.fixture
def impatient(cached: Combination) -> Iterator[Combination]:
    """The combination with a short CACHE_TIMEOUT."""
    with restarted(cached, CACHE_TIMEOUT=str(SPENT)):
        yield cached


@contextmanager
def restarted(cached: Combination, **environment: str) -> Iterator[None]:
    """Runs the combination with other settings inside the block."""
    service = cached.stack.service(cached.name)
    try:
        service.restart(environment)
        yield
    finally:
        service.restart()


def test_every_key_belongs_to_the_combination_and_expires(cached: Combination) -> None:
    with closing(cached.redis()) as client:
        client.flushall()  # entries left by other tests under their own prefixes
        for path in READS:
            cached.get(path)
        names = [str(key, "ascii") for key in client.scan_iter(count=1000)]
        assert len(names) >= 2 * len(READS)
        assert all(client.pttl(name) > 0 for name in names)
    assert all(name.startswith(f"{cached.name}:") for name in names)


def test_a_value_lives_for_a_minute_plus_or_minus_a_tenth(cached: Combination) -> None:
    for number in range(500, 540):
        cached.get(f"/api/products/{number}")
    with closing(cached.redis()) as client:
        values = [f"{cached.name}:{key}" for key in cached.entries("value:*")]
        seconds = [client.pttl(key) / 1000 for key in values]
    assert len(seconds) == 40
    # They were stored a moment ago, so the remaining time is a little less.
    assert LIFETIME - JITTER - 2 < min(seconds)
    assert max(seconds) <= LIFETIME + JITTER
    assert max(seconds) - min(seconds) > JITTER / 2


def test_an_expired_value_is_a_miss(cached: Combination) -> None:
    cached.get("/api/products/422")
    with closing(cached.redis()) as client:
        key = f"{cached.name}:value:product:422"
        client.pexpire(key, 1)
        while client.exists(key):
            pass
    states = [cached.get("/api/products/422").headers["X-Cache"] for _ in range(2)]
    assert states == ["miss", "hit"]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: repr(value[:10]))
@pytest.mark.parametrize("kind", ["value", "stamp"])
def test_garbage_under_a_key_is_a_miss(cached: Combination, kind: str, garbage: bytes) -> None:
    right = pulled(cached, "/api/products/421").content
    with closing(cached.redis()) as client:
        client.set(f"{cached.name}:{kind}:product:421", garbage)
    answers = [pulled(cached, "/api/products/421") for _ in range(2)]
    assert {answer.content for answer in answers} == {right}
    assert answers[0].headers["X-Cache"] == "miss"
    assert cached.patch(421, stock=6).status_code == 200
    assert pulled(cached, "/api/products/421").json()["stock"] == 6
    assert pulled(cached, "/api/products/421").headers["X-Cache"] == "hit"


@pytest.mark.parametrize("kind", ["value", "stamp"])
def test_an_entry_of_another_type_under_a_key_fails_no_request(cached: Combination, kind: str) -> None:
    right = pulled(cached, "/api/products/421").content
    with closing(cached.redis()) as client:
        key = f"{cached.name}:{kind}:product:421"
        client.delete(key)
        client.rpush(key, "a list")
    answer = pulled(cached, "/api/products/421")
    assert answer.content == right
    assert answer.headers["X-Cache"] in {"miss", "bypass"}
    assert cached.patch(421, stock=8).status_code == 200
    assert pulled(cached, "/api/products/421").json()["stock"] == 8


def test_a_flush_in_the_middle_is_harmless(cached: Combination) -> None:
    right = {path: pulled(cached, path).content for path in READS}
    with closing(cached.redis()) as client:
        for path in READS * 3:
            client.flushall()
            answer = pulled(cached, path)
            assert (answer.headers["X-Cache"], answer.content) == ("miss", right[path])


def check_all_routes(cached: Combination, right: dict[str, bytes], stock: int) -> None:
    """Raises AssertionError unless each route answers correctly, in time, and with X-Cache: bypass."""
    for path in READS:
        answer = pulled(cached, path)
        assert (answer.headers["X-Cache"], answer.content) == ("bypass", right[path])
    started = monotonic()
    assert cached.patch(430, stock=stock).status_code == 200
    assert cached.order((430, 1)).status_code == 201
    assert pulled(cached, "/api/products/430").json()["stock"] == stock - 1
    assert cached.get("/api/products/9999").status_code == 404
    assert monotonic() - started < 4 * LONGEST
    assert cached.body("/health/ready")["cache"] == "down"


def test_without_redis_every_route_answers_correctly(cached: Combination, without_redis: Combination) -> None:
    right = rows_as_read(cached)
    check_all_routes(without_redis, right, 70)


def test_a_frozen_redis_delays_no_request_for_long(impatient: Combination) -> None:
    right = rows_as_read(impatient)
    with frozen(impatient.stack.cache_pid):
        check_all_routes(impatient, right, 80)
    wait_until(lambda: figures(impatient.url).sum("cache_breaker_open") == 0, "all workers ask Redis again")
    for path in READS:
        pulled(impatient, path)
    assert {pulled(impatient, path).headers["X-Cache"] for path in READS} == {"hit"}
    assert pulled(impatient, "/api/products/430").json()["stock"] == 79


def rows_as_read(cached: Combination) -> dict[str, bytes]:
    """Expected answers of the routes, read from the database."""
    cached.forget()
    right = {path: cached.get(path).content for path in READS}
    cached.forget()
    return right
