"""Internal faults: the problem that the client gets, without internals."""

from collections.abc import Iterator

import pytest

from tests.support.bad_requests import GOOD_ORDER
from tests.support.combination import Combination
from tests.support.odd_http import JSON
from tests.support.raw_http import Answer, exchange, head

LENGTH = f"Content-Length: {len(GOOD_ORDER)}"
INTERNAL = b'{"type":"about:blank","title":"Internal error","status":500,"detail":"The database refused a statement."}'
ALL_ORDERS = "SELECT COUNT(*), (SELECT COUNT(*) FROM idempotency_keys) FROM orders"


@pytest.fixture
def with_another_column(combination: Combination) -> Iterator[Combination]:
    """The combination while its statements name a missing column, which is a defect of ours."""
    combination.forget()
    combination.rows("ALTER TABLE orders RENAME COLUMN total TO hidden_total")
    try:
        yield combination
    finally:
        combination.rows("ALTER TABLE orders RENAME COLUMN hidden_total TO total")


@pytest.fixture
def without_calendar(combination: Combination) -> Iterator[Combination]:
    """The combination while a table is missing, which its operator has to fix."""
    combination.forget()
    combination.rows("RENAME TABLE calendar TO hidden_calendar")
    try:
        yield combination
    finally:
        combination.rows("RENAME TABLE hidden_calendar TO calendar")


@pytest.fixture
def without_day(combination: Combination) -> Iterator[Combination]:
    """The combination while its database holds no data set."""
    (day,) = combination.rows("SELECT day FROM calendar")[0]
    combination.rows("DELETE FROM calendar")
    try:
        yield combination
    finally:
        combination.rows("INSERT INTO calendar VALUES (1, %s)", day)


def check_internal(combination: Combination, answer: Answer | None) -> None:
    assert answer is not None
    assert answer.status == 500
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Combination"] == combination.name
    assert answer.body == INTERNAL


@pytest.mark.parametrize("path", ["/api/orders/1", "/api/dashboard"])
def test_a_defect_is_a_500_that_reveals_no_internals(with_another_column: Combination, path: str) -> None:
    answer = exchange(with_another_column.url, head(f"GET {path} HTTP/1.1"))
    check_internal(with_another_column, answer)


def test_a_write_with_a_defect_writes_nothing(with_another_column: Combination) -> None:
    before = with_another_column.rows(ALL_ORDERS)
    request = head("POST /api/orders HTTP/1.1", JSON, LENGTH, "Idempotency-Key: failed-inside")
    check_internal(with_another_column, exchange(with_another_column.url, request, GOOD_ORDER))
    assert with_another_column.rows(ALL_ORDERS) == before


def test_a_missing_table_is_a_503_with_retry_after(without_calendar: Combination) -> None:
    for answer in (without_calendar.get("/api/dashboard"), without_calendar.order((1, 1))):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_service_continues_after_a_defect(combination: Combination) -> None:
    assert combination.body("/api/reports/revenue?days=9")["days"] == 9


def test_without_a_data_set_a_service_is_not_ready(without_day: Combination) -> None:
    answer = without_day.get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["title"] == "Service unavailable"
    assert without_day.get("/health/live").status_code == 200
