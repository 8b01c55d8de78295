"""Which answers the cache keeps, which ones a write drops, and that no read after a write returns the old value."""

import re
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial

import httpx
import pytest

from shared.http.routes import ROUTES
from tests.support.at_once import at_once
from tests.support.combination import Combination
from tests.support.routing import route_of

# 401 is of the category "clothing", as are the products that follow it there; 402 is of "shoes".
FIRST, OTHER = 401, 402
READS: Mapping[str, str] = {
    "product": "/api/products/{first}",
    "other product": "/api/products/{other}",
    "page": "/api/products?category={category}&after=380&limit=5",
    "page of all": "/api/products?after=400&limit=5",
    "other page": "/api/products?category={other_category}&after=380&limit=5",
    "report": "/api/reports/revenue?days=1&category={category}",
    "report of all": "/api/reports/revenue?days=1",
    "other report": "/api/reports/revenue?days=1&category={other_category}",
    "dashboard": "/api/dashboard",
}
PATCH_SHOWN = {"product", "page", "page of all", "dashboard"}
ORDERED = {"product", "report", "report of all", "dashboard"}
Write = Callable[[Combination], httpx.Response]
WRITES: Mapping[str, tuple[Write, int, set[str]]] = {
    "a new name": (lambda one: one.patch(FIRST, name="Another name"), 200, PATCH_SHOWN),
    "a new price": (lambda one: one.patch(FIRST, price="3.21"), 200, PATCH_SHOWN),
    "a new stock": (lambda one: one.patch(FIRST, stock=4321), 200, {"product", "dashboard"}),
    "a new name and stock": (
        lambda one: one.patch(FIRST, name="A third name", stock=1234),
        200,
        PATCH_SHOWN,
    ),
    "an order": (lambda one: one.order((FIRST, 1)), 201, ORDERED),
    "an order of both": (
        lambda one: one.order((FIRST, 1), (OTHER, 2)),
        201,
        {*ORDERED, "other product", "other report"},
    ),
    "an order with a key": (lambda one: one.order((FIRST, 1), key="cache-contract"), 201, ORDERED),
    "short stock": (lambda one: one.order((FIRST, 1), (7, 1000)), 409, set()),
    "an unknown product": (lambda one: one.order((FIRST, 1), (9999, 1)), 422, set()),
    "a bad order": (lambda one: one.order((FIRST, 0)), 400, set()),
    "a bad patch": (lambda one: one.patch(FIRST, price="free"), 400, set()),
    "a patch of nothing": (lambda one: one.patch(9999, stock=1), 404, set()),
}


@pytest.fixture
def paths(cached: Combination) -> dict[str, str]:
    cached.patch(7, stock=5)
    cached.patch(FIRST, stock=5000)
    category, other = (cached.body(f"/api/products/{n}")["category"] for n in (FIRST, OTHER))
    cached.forget()
    values = {"first": FIRST, "other": OTHER, "category": category, "other_category": other}
    return {name: path.format(**values) for name, path in READS.items()}


def states(cached: Combination, paths: Mapping[str, str]) -> dict[str, str]:
    return {name: cached.get(path).headers["X-Cache"] for name, path in paths.items()}


def bodies(cached: Combination, paths: Mapping[str, str]) -> dict[str, bytes]:
    return {name: cached.get(path).content for name, path in paths.items()}


def test_every_cached_route_and_every_write_is_tested() -> None:
    """A new route needs its rows in READS or WRITES, and a plan with its groups."""
    walked = {route_of("GET", re.sub(r"/{\w+}", "/1", path)) for path in READS.values()}
    assert walked == {route.name for route in ROUTES if route.cached}
    assert {route.name for route in ROUTES if route.method != "GET"} == {"patch_product", "create_order"}


def test_the_first_read_is_a_miss_and_the_next_a_hit_of_the_same_bytes(
    cached: Combination, paths: dict[str, str]
) -> None:
    first = bodies(cached, paths)
    assert states(cached, paths) == dict.fromkeys(paths, "hit")
    assert bodies(cached, paths) == first
    cached.forget()
    assert states(cached, paths) == dict.fromkeys(paths, "miss")


@pytest.mark.parametrize("name", WRITES)
def test_a_write_drops_the_values_it_touched_and_no_others(
    cached: Combination, paths: dict[str, str], name: str
) -> None:
    write, status, dropped = WRITES[name]
    states(cached, paths)
    assert states(cached, paths) == dict.fromkeys(paths, "hit")
    assert write(cached).status_code == status
    after = {each: cached.get(path) for each, path in paths.items()}
    assert {each for each in after if after[each].headers["X-Cache"] != "hit"} == dropped
    cached.forget()
    assert bodies(cached, paths) == {each: answer.content for each, answer in after.items()}


def test_a_replay_leaves_only_fresh_values(cached: Combination, paths: dict[str, str]) -> None:
    cached.order((FIRST, 1), key=f"replayed-{cached.name}")
    before = bodies(cached, paths)
    cached.order((FIRST, 1), key=f"replayed-{cached.name}")
    assert bodies(cached, paths) == before


def test_different_queries_are_different_values(cached: Combination) -> None:
    queries = ["", "?limit=19", "?after=1", "?category=books", "?category=toys", "?limit=19&after=1"]
    read = {query: cached.get(f"/api/products{query}") for query in queries}
    assert {answer.headers["X-Cache"] for answer in read.values()} == {"miss"}
    assert len({answer.content for answer in read.values()}) == len(queries)


def test_two_spellings_of_a_query_share_one_value(cached: Combination) -> None:
    cached.get("/api/products?limit=20&after=0")
    for query in ("", "?after=0", "?limit=020", "?after=0&limit=20"):
        assert cached.get(f"/api/products{query}").headers["X-Cache"] == "hit"


def test_a_404_is_not_kept(cached: Combination) -> None:
    answers = [cached.get("/api/products/9999") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.headers["X-Cache"] for answer in answers] == ["miss", "miss"]


def test_a_value_from_before_a_write_does_not_come_back(cached: Combination) -> None:
    """Like a slow reader that stores an old value after the drop."""
    path = "/api/products/403"
    cached.get(path)
    with closing(cached.redis()) as client:
        key = f"{cached.name}:value:product:403"
        old = client.get(key)
        assert old
        cached.patch(403, stock=31)
        client.set(key, old)
        assert cached.body(path)["stock"] == 31
        cached.get(path)
        client.set(key, old)
        assert cached.body(path)["stock"] == 31


def test_reads_after_a_write_see_it_while_others_read(cached: Combination) -> None:
    path, rounds = "/api/products/404", 40

    def write_and_read() -> list[tuple[int, int]]:
        seen = []
        for number in range(rounds):
            cached.patch(404, stock=number)
            seen.append((number, cached.body(path)["stock"]))
        return seen

    def read() -> list[tuple[int, int]]:
        with cached.new_client() as client:
            stocks = [client.get(path).json()["stock"] for _ in range(3 * rounds)]
        return list(zip(stocks, sorted(stocks), strict=True))

    cached.patch(404, stock=0)
    for pairs in at_once([write_and_read, *[read] * 3]):
        assert [pair for pair in pairs if pair[0] != pair[1]] == []


@pytest.mark.parametrize("name", ["sync", "async"])
def test_without_a_cache_redis_is_not_used(all_combinations: dict[str, Combination], name: str) -> None:
    uncached = all_combinations[name]
    with closing(uncached.redis()) as client:
        client.flushall()
    uncached.get("/api/products/1")
    uncached.patch(1, stock=5)
    assert uncached.get("/api/products/1").headers["X-Cache"] == "off"
    with closing(uncached.redis()) as client:
        assert client.keys("*") == []


def test_twenty_concurrent_reads_are_all_right(cached: Combination) -> None:
    read = at_once([partial(cached.get, "/api/dashboard")] * 20)
    assert len({answer.content for answer in read}) == 1
    assert {answer.headers["X-Cache"] for answer in read} <= {"miss", "hit"}
    assert cached.get("/api/dashboard").headers["X-Cache"] == "hit"
