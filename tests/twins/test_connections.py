"""Connections of both twins: equal as seen by the server, and safe from known pitfalls."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from pymysql.constants import CLIENT

from compose.local import definition
from compose.local.stack import Stack
from shared.database.faults import AccessDenied, ConnectionLost
from shared.http.errors import Problem
from tests.support.own_services import database_ports, tree
from tests.support.seeded_servers import KINDS
from tests.support.sides import SIDES, Side, server_of, side_of
from tests.support.twins import NAMES
from tests.support.waiting import SLACK, wait_until

pytestmark = pytest.mark.usefixtures("servers")

SECONDS = 20.0
RESERVE = 32  # for the tools of the load tests, the health checks and an operator
WORKERS_IN_TESTS = 2
ALL_TYPES = """
SELECT k.id, k.day, c.id, c.name, p.id, p.sku, p.price, p.stock, p.updated_at, u.id, u.name,
  o.id, o.day, o.total, o.created_at, l.quantity, l.unit_price, UNHEX('00FF'), CAST(NULL AS CHAR),
  (SELECT SUM(quantity) FROM order_lines), (SELECT SUM(total) FROM orders), (SELECT COUNT(*) FROM orders),
  DATE_FORMAT(o.day, '%Y-%m')
FROM calendar k, categories c JOIN products p ON p.category_id = c.id
JOIN order_lines l ON l.product_id = p.id JOIN orders o ON o.id = l.order_id
JOIN customers u ON u.id = o.customer_id WHERE o.id <= 7 ORDER BY o.id, p.id"""
KEY = "SELECT location, body FROM idempotency_keys"
REFUSED = "refused"


@pytest.fixture(params=SIDES, ids="-".join)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    name, kind = request.param
    with side_of(name, server_of(kind, request)) as running:
        yield running


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest) -> Iterator[list[Side]]:
    server = server_of(request.param, request)
    with ExitStack() as running:
        yield [running.enter_context(side_of(name, server)) for name in NAMES]


def test_pitfall_1_neither_twin_uses_tls_when_it_is_off(side: Side) -> None:
    connection = side.connection()
    assert side.rows(connection, "SHOW STATUS LIKE 'Ssl_cipher'") == [("Ssl_cipher", "")]


def test_pitfall_1_both_twins_use_the_same_tls_when_it_is_on_or_are_refused(both: list[Side]) -> None:
    ciphers = [_cipher(side) for side in both]
    assert ciphers[0] == ciphers[1]
    assert ciphers[0].startswith("TLS" if _offers_tls(both[0]) else REFUSED)


def test_pitfall_2_a_password_works_after_the_server_has_lost_its_cache(side: Side) -> None:
    for _ in range(2):
        with side.server.connect(None) as root, root.cursor() as cursor:
            cursor.execute("FLUSH PRIVILEGES")
        assert side.rows(side.connection(), "SELECT 1") == [(1,)]
    with pytest.raises(AccessDenied):
        side.connection(database_url=_with_password(side, "wrong"))


def test_pitfall_3_a_row_that_another_session_changed_is_seen_at_once(side: Side) -> None:
    connection = side.connection()
    assert side.rows(connection, "SELECT @@autocommit") == [(1,)]
    with side.server.connect(side.shop) as root, root.cursor() as cursor:
        for name in ("before", "after"):
            cursor.execute(
                "INSERT INTO idempotency_keys (name, request_hash, location, created_at) "
                "VALUES ('pitfall 3', '', %s, NOW()) ON DUPLICATE KEY UPDATE location = %s",
                [name, name],
            )
            seen = side.rows(connection, f"{KEY} WHERE name = 'pitfall 3'")
            assert seen == [(name, None)]
        cursor.execute("DELETE FROM idempotency_keys WHERE name = 'pitfall 3'")


def test_pitfall_4_a_query_that_times_out_leaves_no_request_waiting_for_ever(side: Side) -> None:
    database = side.database(side.pool(pool=1, acquire_timeout=5, read_timeout=0.5))
    # Not in the list of a SELECT: there MySQL ends a sleep with 1, if its own limit comes before the driver's.
    given_up = side.start(database.read, "SELECT 1 FROM categories WHERE SLEEP(20)")
    wait_until(lambda: side.busy() == 1, "the statement runs")
    waiting = side.start(database.read, "SELECT 2")
    with pytest.raises(Problem) as late:
        given_up.result(0.5 + SLACK)
    assert late.value.status == 504
    assert waiting.result(SLACK) == ((2,),)
    wait_until(lambda: side.busy() == 0, "the statement is gone", seconds=SLACK)


@pytest.mark.parametrize("kind", KINDS)
def test_pitfall_4_a_cancelled_query_leaves_no_request_waiting_for_ever(
    kind: str, request: pytest.FixtureRequest
) -> None:
    with side_of("async", server_of(kind, request)) as side:
        database = side.database(side.pool(pool=1, acquire_timeout=5))
        cancelled = side.start(database.read, "SELECT SLEEP(20)")
        wait_until(lambda: side.busy() == 1, "the statement runs")
        waiting = side.start(database.read, "SELECT 2")
        cancelled.cancel()
        assert waiting.result(SLACK) == ((2,),)
        wait_until(lambda: side.busy() == 0, "the statement is gone", seconds=SLACK)


def test_pitfall_4_a_cancelled_waiter_keeps_no_connection(request: pytest.FixtureRequest) -> None:
    with side_of("async", server_of("local", request)) as side:
        pool = side.pool(pool=1, acquire_timeout=5)
        held = side.call(pool.acquire)
        gone = [side.start(pool.acquire) for _ in range(3)]
        last = side.start(pool.acquire)
        side.call(asyncio.sleep, 0.05)
        for waiter in gone:
            waiter.cancel()
        side.call(pool.release, held)
        assert last.result(SECONDS) is held
        side.call(pool.release, held)


def test_pitfall_5_each_worker_opens_its_own_connections_after_the_fork(stack: Stack) -> None:
    for name in NAMES:
        service = stack.service(name)
        held = {process.pid: database_ports(process, stack) for process in tree(service)}
        assert held.pop(service.pid) == set()
        workers = [ports for ports in held.values() if ports]
        assert len(workers) == WORKERS_IN_TESTS
        assert not workers[0] & workers[1]


def test_pitfall_6_the_server_allows_all_pools_and_a_reserve() -> None:
    plan = definition.read({"WORKERS": str(WORKERS_IN_TESTS)})
    options = dict(word.split("=", 1) for word in plan.database.command if "=" in word)
    defaults = [plan.combinations[name].environment for name in plan.default_names]
    wanted = sum(int(each["WORKERS"]) * int(each["POOL"]) for each in defaults)
    assert wanted == 4 * WORKERS_IN_TESTS * 16
    assert int(options["--max-connections"]) >= wanted + RESERVE


def test_pitfall_7_every_type_of_column_arrives_as_from_a_plain_driver(side: Side) -> None:
    plain = side.server.rows(side.shop, ALL_TYPES)
    rows = side.rows(side.connection(), ALL_TYPES)
    assert len(rows) >= 7
    assert rows == plain
    assert _types(rows) == _types(plain)
    assert len(set(_types(rows)[0])) >= 7


def _cipher(side: Side) -> str:
    try:
        connection = side.connection(database_tls="on")
    except ConnectionLost:
        return REFUSED
    return str(side.rows(connection, "SHOW STATUS LIKE 'Ssl_cipher'")[0][1])


def _offers_tls(side: Side) -> bool:
    """Whether the server offers TLS in its greeting."""
    with side.server.connect(None) as root:
        greeting: Any = root
        return bool(greeting.server_capabilities & CLIENT.SSL)


def _with_password(side: Side, password: str) -> str:
    return f"mysql://{side.user}:{password}@{side.server.host}:{side.server.port}/{side.shop}"


def _types(rows: Sequence[tuple[object, ...]]) -> list[list[type]]:
    return [[type(value) for value in row] for row in rows]
