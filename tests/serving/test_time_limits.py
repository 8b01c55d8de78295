"""Time limits: each wait of a request ends by itself, on both twins alike, and leaves nothing running."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from shared.database.faults import ConnectTimedOut, NoAnswerInTime, StatementTimedOut
from shared.database.outcomes import Refused
from shared.http import deadlines
from shared.http.errors import Problem
from shared.service.settings import SettingsError, read_settings
from tests.support.crowd import Crowd, Timed, all_of
from tests.support.obstacles import frozen, locked_row
from tests.support.own_services import SHORT, running_service, sessions
from tests.support.sides import SIDES, Side, server_of, side_of
from tests.support.twins import NAMES
from tests.support.waiting import wait_until

# How long each wait lasts is measured.
pytestmark = pytest.mark.timed
SLACK = 0.8
HEAVY = "SELECT COUNT(*) FROM order_lines a JOIN order_lines b ON a.unit_price <> b.unit_price"
ENDLESS_WRITE = "UPDATE products SET stock = stock + 1 + SLEEP(0.02) WHERE id <= 500"
READ, REQUEST = float(SHORT["READ_TIMEOUT"]), float(SHORT["REQUEST_TIMEOUT"])
NOT_NESTED = [
    {"STATEMENT_TIMEOUT": "6"},
    {"READ_TIMEOUT": "5"},
    {"READ_TIMEOUT": "8"},
    {"REQUEST_TIMEOUT": "5.5"},
]


@pytest.fixture(params=SIDES, ids="-".join)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    name, kind = request.param
    with side_of(name, server_of(kind, request)) as running:
        yield running


@pytest.fixture(params=NAMES)
def service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    with running_service(stack, request.param, **SHORT) as running:
        yield running


def test_a_long_read_is_ended_by_the_server(side: Side) -> None:
    connection = side.connection(statement_timeout=0.5)
    started = time.monotonic()
    with pytest.raises(StatementTimedOut) as late:
        side.call(connection.run, HEAVY)
    assert 0.4 <= time.monotonic() - started < 0.5 + SLACK
    assert not isinstance(late.value, NoAnswerInTime)
    assert not connection.broken
    assert side.rows(connection, "SELECT 1") == [(1,)]


def test_a_wait_for_a_locked_row_ends_with_a_refusal(side: Side) -> None:
    database = side.database(side.pool(pool=1, lock_timeout=1))
    with locked_row(side.server, side.shop):
        started = time.monotonic()
        refused = side.call(database.write, _running("UPDATE products SET stock = stock WHERE id = 1"))
        assert 0.9 <= time.monotonic() - started < 2 + SLACK
    assert isinstance(refused, Refused)
    assert (refused.problem.status, dict(refused.problem.headers)) == (503, {"Retry-After": "1"})
    assert side.call(database.read, "SELECT 1") == ((1,),)


def test_a_long_write_ends_in_time_and_writes_nothing(side: Side) -> None:
    limits = {"statement_timeout": 0.5, "read_timeout": 1.0, "request_timeout": 1.5}
    database = side.database(side.pool(pool=1, **limits))
    before = side.server.rows(side.shop, "SELECT SUM(stock) FROM products")
    started = time.monotonic()
    late = side.call(database.write, _running(ENDLESS_WRITE))
    assert 0.4 <= time.monotonic() - started < 1.0 + SLACK
    assert isinstance(late, Refused)
    assert late.problem.status == 504
    wait_until(lambda: side.busy() == 0, "the statement is gone", seconds=1)
    assert side.server.rows(side.shop, "SELECT SUM(stock) FROM products") == before


def test_a_silent_address_times_out(side: Side) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"mysql://nobody@127.0.0.1:{silent.getsockname()[1]}/nowhere"
        started = time.monotonic()
        with pytest.raises(ConnectTimedOut, match=r"."):
            side.connection(database_url=address, connect_timeout=0.4, read_timeout=0.4)
        assert 0.3 <= time.monotonic() - started < 0.4 + SLACK


def test_a_missing_answer_times_out(side: Side) -> None:
    connection = side.connection(read_timeout=0.3)
    started = time.monotonic()
    with pytest.raises(NoAnswerInTime):
        side.call(connection.run, "DO SLEEP(3)")
    assert 0.3 <= time.monotonic() - started < 0.3 + SLACK
    wait_until(lambda: side.busy() == 0, "the statement is gone", seconds=1)


def test_a_read_that_begins_late_ends_with_its_request(side: Side) -> None:
    connection = side.connection()
    started = time.monotonic()
    with pytest.raises(StatementTimedOut):
        side.call(_run_within, connection, 0.3)
    assert 0.2 <= time.monotonic() - started < 0.3 + SLACK
    wait_until(lambda: side.busy() == 0, "the statement is gone", seconds=1)


def test_no_statement_begins_when_its_request_has_no_time_left(side: Side) -> None:
    connection = side.connection()
    with pytest.raises(Problem) as late:
        side.call(_run_within, connection, 0.0)
    assert (late.value.status, connection.broken) == (504, False)
    assert side.rows(connection, "SELECT 1") == [(1,)]


def test_a_frozen_database_delays_no_request_beyond_its_time(service: Service, stack: Stack) -> None:
    order = {"customer_id": 1, "lines": [{"product_id": 1, "quantity": 1}]}
    with Crowd(service.url) as crowd:
        with frozen(stack.database_pid):
            pending = crowd.get("/api/products/1", 3)
            pending.append(crowd.send("POST", "/api/orders", json=order))
            time.sleep(0.2)
            later = crowd.get("/api/products/1", 6) + crowd.get("/api/dashboard", 2)
            first, second = all_of(pending), all_of(later)
        assert [each.status for each in first] == [504] * 4
        assert all(READ - 0.2 <= each.seconds < READ + SLACK for each in first)
        assert {each.status for each in second} <= {503, 504}
        assert all(each.is_problem() for each in first + second)
        assert max(each.seconds for each in first + second) < REQUEST + 1
        _service_is_back(crowd)


def test_a_request_after_its_time_out_leaves_no_statement_behind(service: Service, stack: Stack) -> None:
    shop = stack.database(service.name)
    with Crowd(service.url) as crowd, stack.admin(shop) as root, root.cursor() as cursor:
        cursor.execute("LOCK TABLES orders WRITE")
        (late,) = all_of(crowd.get("/api/reports/revenue?days=365"))
        # Only the lock is left: no statement waits for the table any more.
        assert (late.status, late.is_problem()) == (504, True)
        assert late.seconds < REQUEST + SLACK
        left = sessions(service, stack).values()
        assert [text for text in left if "order_lines" in text] == []
        cursor.execute("UNLOCK TABLES")
        _service_is_back(crowd)


@pytest.mark.parametrize("limits", NOT_NESTED, ids=str)
def test_limits_that_do_not_nest_are_refused(limits: dict[str, str]) -> None:
    needed = {"COMBINATION": "it", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://u@127.0.0.1/d"}
    with pytest.raises(SettingsError) as refused:
        read_settings(needed | limits)
    assert "STATEMENT_TIMEOUT < READ_TIMEOUT < REQUEST_TIMEOUT" in str(refused.value)
    assert "\n" not in str(refused.value)


def _run_within(connection: Any, seconds: float) -> Any:
    deadlines.start(seconds)
    return connection.run(HEAVY)


def _running(statement: str) -> Any:
    return lambda connection: connection.run(statement)


def _service_is_back(crowd: Crowd) -> None:
    def answers() -> bool:
        given: list[Timed] = all_of(crowd.get("/api/products/1", 4))
        return [each.status for each in given] == [200] * 4

    wait_until(answers, "the service answers again")
