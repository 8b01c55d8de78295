"""Errors of the database: each class of number has a kind, and both twins treat a real one alike."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymysql.constants import CR, ER

from shared.database.faults import (
    NUMBERS,
    AccessDenied,
    Busy,
    ConnectionLost,
    DatabaseFault,
    LockTimedOut,
    OperatorNeeded,
    ReadOnly,
    StatementRejected,
    StatementTimedOut,
    TransactionUndone,
    kind_of,
)
from shared.database.outcomes import Refused
from tests.support.sides import SIDES, Side, server_of, side_of

# One error of each class that a service meets, by its name in the servers' manuals.
KINDS = {
    "too many connections": (1040, ConnectionLost),
    "shutting down": (1053, ConnectionLost),
    "lost during query": (2013, ConnectionLost),
    "a driver's number that is not in the table": (2027, ConnectionLost),
    "deadlock": (1213, TransactionUndone),
    "lock wait": (1205, LockTimedOut),
    "the table of locks is full": (1206, Busy),
    "read-only by option": (1290, ReadOnly),
    "read-only mode": (1836, ReadOnly),
    "node not ready": (1047, ReadOnly),
    "statement timed out on MySQL": (3024, StatementTimedOut),
    "statement timed out on MariaDB": (1969, StatementTimedOut),
    "wrong password": (1045, AccessDenied),
    "TLS wanted": (3159, AccessDenied),
    "disk full": (1021, OperatorNeeded),
    "table full": (1114, OperatorNeeded),
    "tablespace full": (3675, OperatorNeeded),
    "no right to the table": (1142, AccessDenied),
    "no right to the column": (1143, AccessDenied),
    "no right to the database": (1044, AccessDenied),
    "no right to the routine": (1370, AccessDenied),
    "no such database": (1049, OperatorNeeded),
    "no such table": (1146, OperatorNeeded),
    "crashed table": (1194, OperatorNeeded),
    "a handler's own number": (126, OperatorNeeded),
    "a number of a version to come": (9999, OperatorNeeded),
    "syntax": (1064, StatementRejected),
    "unknown column": (1054, StatementRejected),
    "count of values": (1136, StatementRejected),
    "out of range": (1264, StatementRejected),
    "duplicate key": (1062, StatementRejected),
    "foreign key": (1452, StatementRejected),
}
# Mistakes in a statement of ours, by the driver's names.
ABOUT_A_STATEMENT = {
    "PARSE_ERROR", "SYNTAX_ERROR", "EMPTY_QUERY", "BAD_FIELD_ERROR", "WRONG_VALUE_COUNT", "WRONG_VALUE_COUNT_ON_ROW",
    "BAD_NULL_ERROR", "DUP_ENTRY", "TRUNCATED_WRONG_VALUE", "DATA_TOO_LONG", "WARN_DATA_OUT_OF_RANGE",
    "NO_REFERENCED_ROW_2",
}  # fmt: skip
ENVIRONMENT = ("FULL", "DENIED", "NO_SUCH_TABLE", "CRASHED", "OUTOFMEMORY", "DISK", "ACCESS")
SERVERS = {name: number for name, number in vars(ER).items() if isinstance(number, int) and name != "ERROR_FIRST"}
DRIVERS = {name: number for name, number in vars(CR).items() if name.startswith("CR_") and isinstance(number, int)}
# Errors that cannot be caused on a test's server: a trigger raises them, so that a real server sends them.
SIGNALLED = {
    1040: 503,
    1206: 503,
    1047: 503,
    1836: 503,
    3675: 503,
    1021: 503,
    1194: 503,
    1030: 503,
    1054: 500,
    1264: 500,
}


@pytest.fixture(params=SIDES, ids="-".join)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    name, kind = request.param
    with side_of(name, server_of(kind, request)) as running:
        yield running


@pytest.mark.parametrize("name", KINDS)
def test_each_class_of_error_has_its_kind(name: str) -> None:
    number, kind = KINDS[name]
    assert kind_of(number) is kind


def test_no_number_has_two_kinds() -> None:
    numbers = [number for of_one in NUMBERS.values() for number in of_one]
    assert len(numbers) == len(set(numbers))


def test_only_errors_of_a_statement_are_a_500() -> None:
    bugs = {name for name, number in SERVERS.items() if kind_of(number).status == 500}
    assert bugs >= ABOUT_A_STATEMENT
    assert {name for name in bugs if any(part in name for part in ENVIRONMENT)} == set()
    assert 0 < len(bugs) < len(SERVERS) / 5


def test_every_other_error_of_server_and_driver_can_be_retried() -> None:
    statuses = {kind_of(number).status for number in (SERVERS | DRIVERS).values()}
    assert statuses == {500, 503, 504}
    for number in (SERVERS | DRIVERS).values():
        problem = kind_of(number)("it").problem()
        assert (problem.status == 503) == ("Retry-After" in dict(problem.headers))


def test_faults_that_need_a_person_are_errors_in_the_log_and_temporary_ones_are_not() -> None:
    loud = {kind for kind in _kinds(DatabaseFault) if kind.level == logging.ERROR}
    assert {OperatorNeeded, AccessDenied, StatementRejected} <= loud
    assert not loud & {ConnectionLost, Busy, ReadOnly, LockTimedOut, TransactionUndone, StatementTimedOut}


@pytest.mark.parametrize("number", SIGNALLED)
def test_an_error_of_the_server_is_answered_by_its_kind(
    side: Side, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    with _trigger(side, f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'injected'"):
        refused = _refused_write(side)
    assert refused == (SIGNALLED[number], SIGNALLED[number] == 503)
    assert [record.levelno for record in caplog.records if "injected" in record.message] == [kind_of(number).level]


def test_a_read_only_server_is_a_503_until_it_is_writable_again(side: Side) -> None:
    pool = side.pool(pool=2)
    with _setting(side, "read_only", "ON"):
        assert _refused_write(side, pool) == (503, True)
        assert side.call(side.database(pool).read, "SELECT 1") == ((1,),)
    assert not isinstance(side.call(side.database(pool).write, _change), Refused)


@pytest.mark.parametrize("right", ["UPDATE", "SELECT, INSERT, UPDATE"])
def test_a_revoked_privilege_is_a_503_and_an_error_in_the_log(
    side: Side, right: str, caplog: pytest.LogCaptureFixture
) -> None:
    grant = f"{right} ON `{side.shop}`.*"
    with _done(side, f"REVOKE {grant} FROM '{side.user}'@'%'", f"GRANT {grant} TO '{side.user}'@'%'"):
        pool = side.pool(pool=1)
        assert _refused_write(side, pool) == (503, True)
    assert logging.ERROR in [record.levelno for record in caplog.records if "denied" in record.message]
    assert not isinstance(side.call(side.database(pool).write, _change), Refused)


def test_a_full_table_is_a_503_and_an_error_in_the_log(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    full = "CREATE TABLE full_table (text CHAR(255)) ENGINE = MEMORY MAX_ROWS = 1"
    fill = "INSERT INTO full_table SELECT REPEAT('x', 255) FROM order_lines LIMIT 60000"
    with _setting(side, "max_heap_table_size", "16384"), _done(side, full, "DROP TABLE full_table"):
        outcome = side.call(side.database(side.pool(pool=1)).write, lambda connection: connection.run(fill))
    assert isinstance(outcome, Refused)
    assert (outcome.problem.status, "Retry-After" in dict(outcome.problem.headers)) == (503, True)
    assert [record.levelno for record in caplog.records if "1114" in record.message] == [logging.ERROR]


def test_a_missing_table_is_a_503_and_a_wrong_statement_a_500(side: Side) -> None:
    database = side.database(side.pool(pool=1))
    statuses = [_status(side, database, text) for text in ("SELECT 1 FROM gone", "SELECT gone FROM products", "SELEKT")]
    assert statuses == [503, 500, 500]


def _kinds(kind: type[DatabaseFault]) -> set[type[DatabaseFault]]:
    return {kind}.union(*(_kinds(below) for below in kind.__subclasses__()))


def _status(side: Side, database: Any, statement: str) -> int:
    outcome = side.call(database.write, lambda connection: connection.run(statement))
    assert isinstance(outcome, Refused)
    return outcome.problem.status


def _change(connection: Any) -> Any:
    return connection.run("UPDATE products SET stock = stock WHERE id = 1")


def _refused_write(side: Side, pool: Any = None) -> tuple[int, bool]:
    database = side.database(pool or side.pool(pool=1))
    outcome = side.call(database.write, _change)
    assert isinstance(outcome, Refused)
    return outcome.problem.status, "Retry-After" in dict(outcome.problem.headers)


@contextmanager
def _done(side: Side, statement: str, undo: str) -> Iterator[None]:
    with side.server.connect(side.shop) as root, root.cursor() as cursor:
        cursor.execute(statement)
        try:
            yield
        finally:
            cursor.execute(undo)


def _trigger(side: Side, body: str) -> Any:
    create = f"CREATE TRIGGER injected BEFORE UPDATE ON products FOR EACH ROW {body}"
    return _done(side, create, "DROP TRIGGER injected")


@contextmanager
def _setting(side: Side, name: str, value: str) -> Iterator[None]:
    before = side.server.rows("information_schema", f"SELECT @@GLOBAL.{name}")[0][0]
    with _done(side, f"SET GLOBAL {name} = {value}", f"SET GLOBAL {name} = {before}"):
        yield
