"""The largest allowed values, their products and their sums: each fits its column, or is a 422 that says so."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from shared.schema import MAX_ID, MAX_TOTAL
from tests.support.combination import Combination

HIGHEST_PRICE = "99999999.99"
MOST_PIECES = 1000
DEAR = range(61, 111)  # fifty products, as many as an order may have lines
TOTAL_COLUMN = """
SELECT numeric_precision, numeric_scale FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = 'orders' AND column_name = 'total'"""
READ_AFTERWARDS = ["/api/dashboard", "/api/reports/revenue?days=1", "/api/reports/revenue?days=365&category=books"]


@pytest.fixture
def dear(combination: Combination) -> Combination:
    for number in DEAR:
        assert combination.patch(number, price=HIGHEST_PRICE, stock=MAX_ID).status_code == 200
    return combination


def test_the_largest_total_is_the_limit_of_its_column(combination: Combination) -> None:
    (digits, scale) = combination.rows(TOTAL_COLUMN)[0]
    assert Decimal(10) ** (digits - scale) - Decimal(10) ** -scale == MAX_TOTAL


def test_the_largest_order_that_fits_is_written_and_summed_up(dear: Combination) -> None:
    placed = dear.order(*_full_lines(10))
    assert (placed.status_code, placed.json()["total"]) == (201, "999999999900.00")
    assert dear.order(*_full_lines(10)).status_code == 201
    assert dear.get(placed.headers["Location"]).json() == placed.json()
    assert [dear.get(path).status_code for path in READ_AFTERWARDS] == [200] * len(READ_AFTERWARDS)


@pytest.mark.parametrize("many", [11, 50])
def test_an_order_whose_total_fits_no_column_is_refused_and_writes_nothing(dear: Combination, many: int) -> None:
    before = dear.written()
    refused = dear.order(*_full_lines(many))
    assert (refused.status_code, str(MAX_TOTAL) in refused.json()["detail"]) == (422, True)
    assert dear.written() == before


def test_the_largest_line_is_taken_from_the_largest_stock(dear: Combination) -> None:
    placed = dear.order((DEAR[0], MOST_PIECES))
    assert (placed.status_code, placed.json()["total"]) == (201, "99999999990.00")
    assert dear.body(f"/api/products/{DEAR[0]}")["stock"] == MAX_ID - MOST_PIECES


@pytest.mark.parametrize("change", [{"stock": MAX_ID + 1}, {"price": "100000000.00"}, {"name": "x" * 121}], ids=str)
def test_a_value_past_its_column_is_refused(combination: Combination, change: dict[str, object]) -> None:
    assert combination.patch(DEAR[0], **change).status_code == 400


def _full_lines(many: int) -> Sequence[tuple[int, int]]:
    return [(number, MOST_PIECES) for number in DEAR[:many]]
