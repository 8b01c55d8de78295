"""A write that is sent again with its `Idempotency-Key` happens once."""

from collections.abc import Callable
from functools import partial
from uuid import uuid4

import httpx
import pytest

from tests.support.at_once import at_once
from tests.support.combination import Combination, Json

ORDER: Json = {
    "customer_id": 5,
    "lines": [{"product_id": 62, "quantity": 1}, {"product_id": 61, "quantity": 2}],
}
OTHER: Json = {**ORDER, "customer_id": 6}
ORDERS = "SELECT COUNT(*) FROM orders"
KEYS = "SELECT COUNT(*) FROM idempotency_keys WHERE name = %s"


@pytest.fixture
def key() -> str:
    return str(uuid4())


def same(first: httpx.Response, again: httpx.Response) -> bool:
    return (
        first.status_code == again.status_code == 201
        and first.headers["Location"] == again.headers["Location"]
        and first.headers["Content-Type"] == again.headers["Content-Type"]
        and first.content == again.content
    )


def on_its_own_connection(combination: Combination, order: Json, key: str) -> httpx.Response:
    with combination.new_client() as client:
        return client.post("/api/orders", json=order, headers={"Idempotency-Key": key})


def test_a_replay_answers_the_same_and_writes_nothing(combination: Combination, key: str) -> None:
    first = combination.post(ORDER, key)
    before = combination.written()
    assert same(first, combination.post(ORDER, key))
    assert same(first, on_its_own_connection(combination, ORDER, key))
    assert combination.written() == before


def test_a_replay_does_not_depend_on_the_stock(combination: Combination, key: str) -> None:
    first = combination.order((63, 1), key=key)
    combination.patch(63, stock=0)
    assert same(first, combination.order((63, 1), key=key))


@pytest.mark.parametrize(
    "spelling",
    [
        b'{"lines":[{"quantity":2,"product_id":61},{"product_id":62,"quantity":1}],"customer_id":5}',
        b' {\n"customer_id" : 5, "lines":[ {"product_id":62,"quantity":1} , {"product_id":61,"quantity":2}]}\t',
    ],
    ids=["members and lines in another order", "other white space"],
)
def test_another_spelling_of_the_same_order_is_a_replay(combination: Combination, key: str, spelling: bytes) -> None:
    first = combination.post(ORDER, key)
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    again = combination.client.post("/api/orders", content=spelling, headers=headers)
    assert same(first, again)


@pytest.mark.parametrize("count", [2, 20])
def test_concurrent_requests_with_one_key_are_one_order(combination: Combination, key: str, count: int) -> None:
    before = combination.rows(ORDERS)[0][0]
    calls: list[Callable[[], httpx.Response]] = [partial(on_its_own_connection, combination, ORDER, key)] * count
    answers = at_once(calls)
    assert all(same(answers[0], answer) for answer in answers)
    assert combination.rows(ORDERS)[0][0] == before + 1


def test_two_concurrent_orders_with_one_key_are_one_order_and_a_refusal(combination: Combination, key: str) -> None:
    before = combination.rows(ORDERS)[0][0]
    answers = at_once([partial(on_its_own_connection, combination, body, key) for body in (ORDER, OTHER)])
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert combination.rows(ORDERS)[0][0] == before + 1


def test_a_key_with_another_body_is_a_422_and_writes_nothing(combination: Combination, key: str) -> None:
    first = combination.post(ORDER, key)
    before = combination.written()
    refused = combination.post(OTHER, key)
    assert refused.status_code == 422
    assert combination.written() == before
    assert same(first, combination.post(ORDER, key))


def test_a_refusal_for_short_stock_is_not_kept(combination: Combination, key: str) -> None:
    combination.patch(64, stock=0)
    assert combination.order((64, 1), key=key).status_code == 409
    assert combination.rows(KEYS, key) == [(0,)]
    combination.patch(64, stock=1)
    assert combination.order((64, 1), key=key).status_code == 201


@pytest.mark.parametrize("lines", [[(2001, 1)], [(61, 1), (61, 1)]], ids=["422", "400"])
def test_a_refusal_leaves_its_key_free_for_another_body(
    combination: Combination, key: str, lines: list[tuple[int, int]]
) -> None:
    assert combination.order(*lines, key=key).status_code in {400, 422}
    assert combination.rows(KEYS, key) == [(0,)]
    assert combination.post(ORDER, key).status_code == 201


def test_without_a_key_the_same_order_is_placed_again(combination: Combination) -> None:
    numbers = [combination.post(ORDER).json()["id"] for _ in range(2)]
    assert numbers[1] == numbers[0] + 1


@pytest.mark.parametrize("make", [str.upper, lambda key: f"{key}-", lambda key: f"'{key}'"])
def test_keys_that_differ_a_little_are_different_keys(
    combination: Combination, key: str, make: Callable[[str], str]
) -> None:
    key = f"a{key}"
    numbers = [combination.post(ORDER, name).json()["id"] for name in (key, make(key))]
    assert numbers[1] == numbers[0] + 1


USABLE = ["!", "~", "x" * 255, "1' OR '1'='1".replace(" ", "/**/"), '"quoted"', "%s"]
UNUSABLE = ["", "a,b", "x" * 256, "a b", "a\tb", "schlüssel", "ключ"]


@pytest.mark.parametrize("name", USABLE)
def test_visible_ascii_is_a_key(combination: Combination, name: str) -> None:
    headers = {"Idempotency-Key": name}
    answers = [combination.client.post("/api/orders", json=ORDER, headers=headers) for _ in "12"]
    assert same(*answers)
    assert combination.rows(KEYS, name) == [(1,)]


@pytest.mark.parametrize("name", UNUSABLE, ids=ascii)
def test_an_unusable_key_is_a_400_and_writes_nothing(combination: Combination, name: str) -> None:
    before = combination.written()
    headers = {b"Idempotency-Key": name.encode("utf-8")}
    answer = combination.client.post("/api/orders", json=ORDER, headers=headers)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]
    assert combination.written() == before
