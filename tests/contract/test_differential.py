"""All four combinations answer alike, byte for byte, and end with the same rows."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx
import pytest

from compose.local import definition
from compose.local.stack import Stack
from shared.http.routes import ROUTES
from tests.support.clock import APART, moment, span
from tests.support.combination import Combination, Row
from tests.support.own_services import running_service
from tests.support.routing import route_of
from tests.support.traffic import Request, Traffic

SEED, REQUESTS, FEWER = 20260630, 400, 80
CLOCK = re.compile(rb'"(updated_at|created_at)":"([^"]+)"')
COMPARED = ("Content-Type", "Location", "Allow", "Retry-After")
WRITES = {("POST", 201), ("PATCH", 200)}
OF_THE_DATA_SET = datetime(2026, 7, 1, tzinfo=UTC)  # its day and all before
Sent: TypeAlias = tuple[Request, list[httpx.Response]]
IN_PIECES = {"/api/reports/revenue?days=120", "/api/reports/revenue?days=365"}
TABLES = {
    "products": "SELECT id, sku, name, category_id, price, stock FROM products ORDER BY id",
    "new orders": "SELECT id, customer_id, day, total FROM orders WHERE id > 50000 ORDER BY id",
    "new order_lines": "SELECT * FROM order_lines WHERE order_id > 50000 ORDER BY 1, 2",
    "orders": "SELECT COUNT(*), SUM(CRC32(CONCAT_WS(',', id, customer_id, day, total))) FROM orders",
    "order_lines": """SELECT COUNT(*), SUM(CRC32(CONCAT_WS(',', order_id, product_id, quantity,
        unit_price))) FROM order_lines""",
    "idempotency_keys": "SELECT name, request_hash, status, location FROM idempotency_keys ORDER BY 1",
    "customers": "SELECT * FROM customers ORDER BY id",
    "categories": "SELECT * FROM categories ORDER BY id",
    "calendar": "SELECT * FROM calendar",
}


@pytest.fixture(scope="module")
def started() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def four(all_combinations: dict[str, Combination], started: datetime) -> list[Combination]:
    for each in all_combinations.values():
        each.renew()
    return [*all_combinations.values()]


@pytest.fixture(scope="module")
def sent(four: list[Combination], started: datetime) -> list[Sent]:
    return sent_to([Watched(each, started) for each in four], Traffic(SEED).requests(REQUESTS))


class Watched:
    """A combination whose timestamps are checked: from the data set or this test, and now for a new row."""

    def __init__(self, combination: Combination, started: datetime) -> None:
        self._client = combination.client
        self._started = started
        self._places: set[str] = set()

    def answer(self, request: Request) -> httpx.Response:
        """Send a request and check the timestamps in its answer."""
        body: dict[str, Any] = {"content": request.body} if request.json is None else {"json": request.json}
        with span() as sending:
            got = self._client.request(request.method, request.path, headers=request.headers, **body)
        times = [text.decode() for _, text in CLOCK.findall(got.content)]
        assert all(moment(each) <= sending.end + APART for each in times)
        assert all(moment(each) >= self._started - APART or moment(each) < OF_THE_DATA_SET for each in times)
        if self._is_made_now(request, got):
            assert times
            assert all(sending.holds(each) for each in times)
        return got

    def _is_made_now(self, request: Request, got: httpx.Response) -> bool:
        """Whether the answer is about a write of this request; a replay is about an earlier one."""
        known = got.headers.get("Location") in self._places
        self._places.add(got.headers.get("Location", ""))
        return (request.method, got.status_code) in WRITES and not known


def sent_to(all_of: Sequence[Watched], requests: Sequence[Request]) -> list[Sent]:
    """Each request with its answers, sent to one service after the other."""
    return [(request, [each.answer(request) for each in all_of]) for request in requests]


def comparable(answer: httpx.Response) -> tuple[object, ...]:
    headers = tuple(answer.headers.get(name) for name in COMPARED)
    return (answer.status_code, *headers, CLOCK.sub(rb'"\1":""', answer.content))


def test_every_request_is_answered_alike(
    sent: list[Sent],
) -> None:
    for request, answers in sent:
        compared = [comparable(each) for each in answers]
        assert compared == [compared[0]] * 4, request


def test_the_traffic_includes_everything_to_compare(
    sent: list[Sent],
) -> None:
    statuses = Counter((request.method, answers[0].status_code) for request, answers in sent)
    wanted = {("GET", 200), ("GET", 400), ("GET", 404), ("PATCH", 400), ("DELETE", 405), *WRITES}
    wanted |= {("POST", status) for status in (400, 409, 415, 422)}
    assert wanted <= set(statuses), statuses
    assert statuses["POST", 201] >= 20
    assert {request.path for request, _ in sent} >= IN_PIECES
    asked = {route_of(request.method, request.path) for request, _ in sent}
    assert {route.name for route in ROUTES if route.path.startswith("/api/")} <= asked
    places = [answers[0].headers.get("Location") for _, answers in sent]
    replayed = [place for place, count in Counter(filter(None, places)).items() if count > 1]
    assert replayed


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_equal_afterwards(sent: list[Sent], four: list[Combination], table: str) -> None:
    rows: list[list[Row]] = [each.rows(TABLES[table]) for each in four]
    for other in rows[1:]:
        assert [pair for pair in zip(rows[0], other, strict=True) if pair[0] != pair[1]] == []


def test_the_kept_answers_are_equal_afterwards(sent: list[Sent], four: list[Combination]) -> None:
    kept = [each.rows("SELECT CAST(body AS BINARY) FROM idempotency_keys ORDER BY name") for each in four]
    blank = [[CLOCK.sub(rb"", row[0]) for row in rows] for rows in kept]
    assert blank == [blank[0]] * 4
    assert blank[0]


@pytest.fixture
def as_shipped(stack: Stack, all_combinations: dict[str, Combination]) -> Iterator[list[Combination]]:
    """The cached pair with the default time for Redis; the stack's own services forget values that these write."""
    with ExitStack() as closing:
        pair, plan = [], definition.read({})
        for name in plan.default_names:
            if name.endswith("-cached"):
                all_combinations[name].renew()
                closing.callback(all_combinations[name].renew)
                time_out = {"CACHE_TIMEOUT": plan.combinations[name].environment["CACHE_TIMEOUT"]}
                service = closing.enter_context(running_service(stack, name, **time_out))
                pair.append(Combination(stack, name, service.url))
                closing.callback(pair[-1].close)
        yield pair


@pytest.mark.alone
def test_the_cached_pair_answers_alike_with_the_default_time_for_redis(
    as_shipped: list[Combination], started: datetime
) -> None:
    pair = [Watched(each, started) for each in as_shipped]
    for request, answers in sent_to(pair, Traffic(SEED).requests(FEWER)):
        assert comparable(answers[0]) == comparable(answers[1]), request
    for each in as_shipped:
        assert [each.get("/api/products/1").headers["X-Cache"] for _ in range(2)][1] == "hit"
