"""Placing an order and reading it again."""

import re
from decimal import Decimal

import pytest

from tests.support.clock import span
from tests.support.combination import Combination

DAY = "SELECT CAST(day AS CHAR) FROM calendar"
LAST_ORDER = "SELECT MAX(id) FROM orders"
PRICE_AND_STOCK = "SELECT price, stock FROM products WHERE id = %s"
HEAD = "SELECT customer_id, CAST(day AS CHAR), CAST(total AS CHAR) FROM orders WHERE id = %s"
LINES = """
SELECT product_id, quantity, CAST(unit_price AS CHAR) FROM order_lines WHERE order_id = %s
ORDER BY product_id"""


def test_an_order_is_written_as_it_was_answered(fresh: Combination) -> None:
    prices = {number: fresh.rows(PRICE_AND_STOCK, number)[0][0] for number in (20, 3, 9)}
    with span() as sent:
        answer = fresh.order((20, 2), (3, 1), (9, 5), customer=77)
    order = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/api/orders/50001"
    assert order["id"] == 50001
    assert sent.holds(order["created_at"])
    assert order["total"] == str(2 * prices[20] + prices[3] + 5 * prices[9])
    rows = fresh.rows(LINES, 50001)
    assert [tuple(line.values()) for line in order["lines"]] == rows
    assert [row[0] for row in rows] == [3, 9, 20]
    head = (order["customer_id"], order["day"], order["total"])
    assert fresh.rows(HEAD, 50001) == [head]
    assert head[:2] == (77, fresh.rows(DAY)[0][0])


def test_an_order_read_back_is_the_answer_to_its_post(combination: Combination) -> None:
    placed = combination.order((31, 1), (30, 2))
    read = combination.get(placed.headers["Location"])
    assert read.status_code == 200
    assert read.content == placed.content


def test_stock_is_reduced_by_the_ordered_quantity(combination: Combination) -> None:
    stocks = [combination.body(f"/api/products/{number}")["stock"] for number in (41, 42, 43)]
    with span() as sent:
        assert combination.order((41, 1), (43, 1000)).status_code == 201
    after = [combination.body(f"/api/products/{number}") for number in (41, 42, 43)]
    assert [product["stock"] for product in after] == [stocks[0] - 1, stocks[1], stocks[2] - 1000]
    assert sent.holds(after[0]["updated_at"])
    assert not sent.holds(after[1]["updated_at"])


def test_the_last_item_can_be_ordered_and_no_more(combination: Combination) -> None:
    combination.patch(44, stock=2)
    assert combination.order((44, 2)).status_code == 201
    refused = combination.order((44, 1))
    assert refused.status_code == 409
    assert [int(number) for number in re.findall(r"\d+", refused.json()["detail"])] == [44, 0, 1]


def test_fifty_lines_are_an_order(combination: Combination) -> None:
    answer = combination.order(*((number, 1) for number in range(150, 100, -1)))
    assert answer.status_code == 201
    assert [line["product_id"] for line in answer.json()["lines"]] == list(range(101, 151))


REFUSED = [
    pytest.param([(51, 1), (52, 1000), (53, 1)], 1, 409, id="short stock"),
    pytest.param([(51, 1), (2001, 1)], 1, 422, id="unknown product"),
    pytest.param([(51, 1), (4_294_967_295, 1)], 1, 422, id="largest product id"),
    pytest.param([(51, 1)], 5001, 422, id="unknown customer"),
    pytest.param([(51, 1), (51, 1)], 1, 400, id="a product twice"),
    pytest.param([(51, 1), (53, 1), (51, 2)], 1, 400, id="a product twice, apart"),
]


@pytest.mark.parametrize(("lines", "customer", "status"), REFUSED)
def test_a_refused_order_writes_nothing_and_uses_up_no_id(
    combination: Combination, lines: list[tuple[int, int]], customer: int, status: int
) -> None:
    combination.patch(52, stock=999)
    combination.order((54, 1))
    last, before = combination.rows(LAST_ORDER)[0][0], combination.written()
    refused = combination.order(*lines, customer=customer)
    assert refused.status_code == status
    assert "Location" not in refused.headers
    assert combination.written() == before
    assert combination.order((54, 1)).json()["id"] == last + 1


@pytest.mark.parametrize("number", [1, 777, 50000])
def test_an_order_of_the_data_set_is_its_rows(combination: Combination, number: int) -> None:
    order = combination.body(f"/api/orders/{number}")
    assert (order["customer_id"], order["day"], order["total"]) == combination.rows(HEAD, number)[0]
    assert [tuple(line.values()) for line in order["lines"]] == combination.rows(LINES, number)
    lines = ((Decimal(line["unit_price"]), line["quantity"]) for line in order["lines"])
    assert Decimal(order["total"]) == sum(price * quantity for price, quantity in lines)
    assert order["created_at"].startswith(order["day"])
    assert order["created_at"].endswith("Z")


@pytest.mark.parametrize("path", ["0", "999999", "9223372036854775807", "9223372036854775808"])
def test_an_unknown_order_is_a_404(combination: Combination, path: str) -> None:
    answer = combination.get(f"/api/orders/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] != combination.get("/api/nothing").json()["detail"]
