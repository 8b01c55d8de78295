"""Faults inside the database: no connections left, statements that take too long, locks, deadlocks."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final

import pymysql

from compose.local.database_server import Connection
from loadtests.consistency.kept_writes import query
from loadtests.faults.fault import Evidence, ReadEvidence, repeated
from loadtests.faults.target import FaultTarget

# MariaDB's minimum; idle services hold more connections.
FEWEST_CONNECTIONS: Final = 10
REFUSED: Final = "Connection_errors_max_connections"
ROW_WAITS: Final = "Innodb_row_lock_waits"
SESSIONS: Final = "SELECT id FROM information_schema.processlist WHERE user = %s"
RUNNING: Final = (
    "SELECT COUNT(*), COALESCE(MAX(time), 0) FROM information_schema.processlist WHERE user = %s AND command = 'Query'"
)
WAITING: Final = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
SCRATCH: Final = "faults"
# The server rolls back the transaction that has changed fewer rows.
MANY_ROWS: Final = ",".join(f"({number})" for number in range(300))
HELD_SECONDS: Final = 0.05
ORDERED_NOW: Final = """
SELECT DISTINCT product_id FROM order_lines WHERE order_id > (SELECT MAX(id) FROM orders) - 40
ORDER BY product_id DESC LIMIT 6"""
METRIC: Final = "SELECT name, `count` FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'"


@contextmanager
def out_of_connections(target: FaultTarget) -> Iterator[ReadEvidence]:
    """The limit is lowered below the connections in use, and the service's sessions are killed."""
    with closing(target.root()) as root:
        before = status(root, REFUSED)
        ((limit,),) = query(root, "SELECT @@GLOBAL.max_connections")
        try:
            query(root, f"SET GLOBAL max_connections = {FEWEST_CONNECTIONS}")
            sessions = query(root, SESSIONS, target.schema)
            for (session,) in sessions:
                with suppress(pymysql.Error):  # it has ended by itself
                    query(root, f"KILL {session}")

            def evidence() -> Evidence:
                refused = status(root, REFUSED) - before
                line = f"{len(sessions)} sessions killed, {refused} connections refused by the server"
                return Evidence(refused > 0, line)

            yield evidence
        finally:
            query(root, f"SET GLOBAL max_connections = {limit}")


@contextmanager
def table_lock(target: FaultTarget) -> Iterator[ReadEvidence]:
    """Statements on products or categories wait at the server for the table, as behind an ALTER TABLE."""

    def evidence() -> Evidence:
        with closing(target.root()) as root:
            ((running, longest),) = query(root, RUNNING, target.schema)
            stopped = status(root, "Max_statement_time_exceeded") + status(root, "Max_execution_time_exceeded")
        line = f"{running} statements were running, the longest for {longest} s; {stopped} stopped by the time limit"
        return Evidence(running > 0 and stopped > 0, line)

    with closing(target.root()) as holder:
        query(holder, "LOCK TABLES products WRITE, categories WRITE")
        yield evidence


@contextmanager
def row_locks(target: FaultTarget) -> Iterator[ReadEvidence]:
    """A transaction holds the rows of all products and does not commit."""

    def evidence() -> Evidence:
        with closing(target.root()) as root:
            ((waiting,),) = query(root, WAITING)
            waits = status(root, ROW_WAITS) - before
        line = f"{waits} waits for rows counted by the server, {waiting} transactions still waiting"
        return Evidence(waits > 0, line)

    with closing(target.root()) as holder:
        before = status(holder, ROW_WAITS)
        holder.begin()
        query(holder, "SELECT id FROM products FOR UPDATE")
        yield evidence


@contextmanager
def deadlocking(target: FaultTarget) -> Iterator[ReadEvidence]:
    """A large transaction locks the orders' rows in the opposite order, again and again."""

    def evidence() -> Evidence:
        count = deadlocks(root) - before
        return Evidence(count > 0, f"{count} deadlocks counted by the server")

    with closing(target.root()) as root:
        before = deadlocks(root)
        query(root, f"CREATE DATABASE IF NOT EXISTS {SCRATCH}")
        query(root, f"CREATE TABLE IF NOT EXISTS {SCRATCH}.many_rows (id INT PRIMARY KEY) ENGINE = InnoDB")
        try:
            with repeated(lambda over: _lock_backwards(target, over)):
                yield evidence
        finally:
            query(root, f"DROP DATABASE {SCRATCH}")


def _lock_backwards(target: FaultTarget, over: threading.Event) -> None:
    with closing(target.root()) as root:
        while not over.is_set():
            try:
                _lock_once(root, over)
            except pymysql.Error:  # sometimes this transaction is the one rolled back
                over.wait(HELD_SECONDS)
            finally:
                root.rollback()


def _lock_once(root: Connection, over: threading.Event) -> None:
    products = query(root, ORDERED_NOW)
    root.begin()
    query(root, f"INSERT INTO {SCRATCH}.many_rows VALUES {MANY_ROWS}")  # noqa: S608 (constants)
    for (product,) in products:
        query(root, "SELECT id FROM products WHERE id = %s FOR UPDATE", product)
        over.wait(HELD_SECONDS)


def status(connection: Connection, name: str) -> int:
    """A counter of the server; 0 where it has none of this name."""
    return sum(int(value) for _, value in query(connection, "SHOW GLOBAL STATUS LIKE %s", name))


def deadlocks(connection: Connection) -> int:
    """Deadlocks found by the server: in MariaDB's status, in MySQL's metrics."""
    rows = query(connection, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'") or query(connection, METRIC)
    return sum(int(count) for _, count in rows)
