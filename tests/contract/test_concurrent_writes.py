"""Concurrent writes: nothing is lost, nothing is sold twice, and all four end with the same sums."""

import random
from collections.abc import Callable
from functools import partial

import httpx
import pytest

from tests.support.at_once import at_once
from tests.support.combination import Combination, Json, Row

THREADS, ORDERS_EACH, PATCHES_EACH = 8, 12, 4
ORDERED, PATCHED = range(300, 330), range(340, 340 + THREADS)
STOCK = 5000
FACTS = {
    "products": "SELECT id, name, price, stock FROM products ORDER BY id",
    "orders": "SELECT customer_id, day, total FROM orders WHERE id > 50000 ORDER BY 1, 2, 3",
    "lines": """SELECT product_id, quantity, unit_price FROM order_lines
        WHERE order_id > 50000 ORDER BY 1, 2, 3""",
    "keys": "SELECT name, request_hash, status FROM idempotency_keys ORDER BY name",
    "totals": """SELECT COUNT(*), SUM(total) - (SELECT SUM(quantity * unit_price) FROM order_lines)
        FROM orders""",
}


def orders() -> list[Json]:
    """Orders by thread; every second one is sent by two threads with the same key."""
    some = random.Random(7)
    return [
        {
            "customer_id": some.randint(1, 5000),
            "lines": [
                {"product_id": number, "quantity": some.randint(1, 5)}
                for number in some.sample(ORDERED, some.randint(1, 8))
            ],
        }
        for _ in range(THREADS * ORDERS_EACH)
    ]


def write(combination: Combination, thread: int) -> list[httpx.Response]:
    """Send one thread's share: its orders, some of its neighbour's, and its patches."""
    wanted = orders()
    mine = [number for number in range(len(wanted)) if number % THREADS == thread]
    shared = [number for number in range(len(wanted)) if number % (2 * THREADS) == (thread + 1) % THREADS]
    answers = []
    with combination.new_client() as client:
        for place, number in enumerate([*mine, *shared]):
            headers = {"Idempotency-Key": f"order-{number}"}
            answers.append(client.post("/api/orders", json=wanted[number], headers=headers))
            if place % (len(mine) // PATCHES_EACH) == 0:
                change = {"name": f"Name {place}", "price": f"{place}.50", "stock": place}
                answers.append(client.patch(f"/api/products/{PATCHED[thread]}", json=change))
    return answers


@pytest.fixture(scope="module")
def four(all_combinations: dict[str, Combination]) -> list[Combination]:
    for each in all_combinations.values():
        each.renew()
        for number in ORDERED:
            assert each.patch(number, stock=STOCK).status_code == 200
    return [*all_combinations.values()]


@pytest.fixture(scope="module")
def written(four: list[Combination]) -> list[list[httpx.Response]]:
    """All answers of each combination."""
    done = []
    for each in four:
        shares = at_once([partial(write, each, thread) for thread in range(THREADS)])
        done.append([answer for share in shares for answer in share])
    return done


def test_every_concurrent_write_succeeds(written: list[list[httpx.Response]]) -> None:
    assert {answer.status_code for answers in written for answer in answers} == {200, 201}


def test_a_key_makes_one_order_however_often_it_is_sent(written: list[list[httpx.Response]]) -> None:
    for answers in written:
        placed = [answer for answer in answers if answer.status_code == 201]
        assert len({answer.content for answer in placed}) == THREADS * ORDERS_EACH < len(placed)


@pytest.mark.parametrize("fact", FACTS)
def test_all_four_end_with_the_same_sums(
    four: list[Combination], written: list[list[httpx.Response]], fact: str
) -> None:
    rows: list[list[Row]] = [each.rows(FACTS[fact]) for each in four]
    assert rows == [rows[0]] * 4


def test_stock_and_lines_add_up(four: list[Combination], written: list[list[httpx.Response]]) -> None:
    for each in four:
        left = "SELECT id, stock + COALESCE((SELECT SUM(quantity) FROM order_lines WHERE product_id = id"
        sums = each.rows(f"{left} AND order_id > 50000), 0) FROM products WHERE id BETWEEN 300 AND 329")
        assert [row[1] for row in sums] == [STOCK] * len(ORDERED)


def test_the_last_items_are_sold_once(combination: Combination) -> None:
    combination.patch(350, stock=10)
    before = combination.rows("SELECT COUNT(*) FROM orders")[0][0]
    calls: list[Callable[[], httpx.Response]] = [partial(combination.order, (350, 1))] * 30
    statuses = sorted(answer.status_code for answer in at_once(calls))
    assert statuses == [201] * 10 + [409] * 20
    assert combination.body("/api/products/350")["stock"] == 0
    assert combination.rows("SELECT COUNT(*) FROM orders")[0][0] == before + 10


def test_orders_of_the_same_products_in_any_order_do_not_block_each_other(
    combination: Combination,
) -> None:
    for number in (361, 362, 363):
        combination.patch(number, stock=STOCK)
    lines = [(361, 1), (362, 1), (363, 1)]
    calls: list[Callable[[], httpx.Response]] = [
        partial(combination.order, *some) for some in (lines, lines[::-1]) for _ in range(10)
    ]
    assert {answer.status_code for answer in at_once(calls)} == {201}
