"""All four combinations answer alike, byte for byte, and end with the same rows."""

import re
from collections import Counter
from datetime import UTC, datetime

import httpx
import pytest

from tests.clock import APART, moment, span
from tests.combination import Combination, Row
from tests.traffic import Request, Traffic

SEED, REQUESTS = 20260630, 400
CLOCK = re.compile(rb'"(updated_at|created_at)":"([^"]+)"')
COMPARED = ("Content-Type", "Location", "Allow", "Retry-After")
WRITES = {("POST", 201), ("PATCH", 200)}
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
def sent(four: list[Combination], started: datetime) -> list[tuple[Request, list[httpx.Response]]]:
    requests = Traffic(SEED).requests(REQUESTS)
    return [(each, [answer(one, each, started) for one in four]) for each in requests]


def answer(combination: Combination, request: Request, started: datetime) -> httpx.Response:
    """Gives the answer; each clock value in it must be of the data set or of this test."""
    with span() as sending:
        if request.json is None:
            got = combination.client.request(
                request.method, request.path, content=request.body, headers=request.headers
            )
        else:
            got = combination.client.request(request.method, request.path, json=request.json, headers=request.headers)
    for _, text in CLOCK.findall(got.content):
        at = moment(text.decode())
        assert at <= sending.end + APART
        assert at >= started - APART or at < datetime(2026, 7, 1, tzinfo=UTC)
        if request.method == "PATCH":
            assert sending.holds(text.decode())
    return got


def comparable(answer: httpx.Response) -> tuple[object, ...]:
    headers = tuple(answer.headers.get(name) for name in COMPARED)
    return (answer.status_code, *headers, CLOCK.sub(rb'"\1":""', answer.content))


def test_every_request_is_answered_alike(
    sent: list[tuple[Request, list[httpx.Response]]],
) -> None:
    for request, answers in sent:
        compared = [comparable(each) for each in answers]
        assert compared == [compared[0]] * 4, request


def test_the_traffic_holds_what_it_is_to_compare(
    sent: list[tuple[Request, list[httpx.Response]]],
) -> None:
    statuses = Counter((request.method, answers[0].status_code) for request, answers in sent)
    wanted = {("GET", 200), ("GET", 400), ("GET", 404), ("PATCH", 400), ("DELETE", 405), *WRITES}
    wanted |= {("POST", status) for status in (400, 409, 415, 422)}
    assert wanted <= set(statuses), statuses
    assert statuses["POST", 201] >= 20
    places = [answers[0].headers.get("Location") for _, answers in sent]
    replayed = [place for place, count in Counter(filter(None, places)).items() if count > 1]
    assert replayed


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_alike_afterwards(
    sent: list[tuple[Request, list[httpx.Response]]], four: list[Combination], table: str
) -> None:
    rows: list[list[Row]] = [each.rows(TABLES[table]) for each in four]
    for other in rows[1:]:
        assert [pair for pair in zip(rows[0], other, strict=True) if pair[0] != pair[1]] == []


def test_the_kept_answers_are_alike_afterwards(
    sent: list[tuple[Request, list[httpx.Response]]], four: list[Combination]
) -> None:
    kept = [each.rows("SELECT CAST(body AS BINARY) FROM idempotency_keys ORDER BY name") for each in four]
    blank = [[CLOCK.sub(rb"", row[0]) for row in rows] for rows in kept]
    assert blank == [blank[0]] * 4
    assert blank[0]
