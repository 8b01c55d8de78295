"""Faults inside the database: no connections left, statements that take too long, locks, deadlocks."""

from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Final

import pymysql
from pymysql.cursors import Cursor

from compose.local.database_server import Connection
from loadtests.faults.fault import Evidence, Repeated
from loadtests.faults.target import FaultTarget

# MariaDB's minimum; the idle services hold more than that.
FEWEST_CONNECTIONS: Final = 10
REFUSED: Final = "Connection_errors_max_connections"
ROW_WAITS: Final = "Innodb_row_lock_waits"
SESSIONS: Final = "SELECT id FROM information_schema.processlist WHERE user = %s"
RUNNING: Final = (
    "SELECT COUNT(*), COALESCE(MAX(time), 0) FROM information_schema.processlist WHERE user = %s AND command = 'Query'"
)


@dataclass
class OutOfConnections:
    """The limit is lowered below what is in use, and the service's sessions are killed."""

    _limit: int = field(default=0, init=False)
    _refused_before: int = field(default=0, init=False)
    _root: "Connection | None" = field(default=None, init=False)
    _killed: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._root = root = target.root()
        self._refused_before = status(root, REFUSED)
        with root.cursor() as cursor:
            cursor.execute("SELECT @@GLOBAL.max_connections")
            self._limit = int(cursor.fetchall()[0][0])
            cursor.execute(f"SET GLOBAL max_connections = {FEWEST_CONNECTIONS}")
            cursor.execute(SESSIONS, [target.schema])
            sessions = [int(row[0]) for row in cursor.fetchall()]
            for session in sessions:
                with suppress(pymysql.Error):  # it has ended by itself
                    cursor.execute(f"KILL {session}")
        self._killed = len(sessions)

    def evidence(self, target: FaultTarget) -> Evidence:
        if self._root is None:
            return Evidence(False, "NOT INJECTED")
        refused = status(self._root, REFUSED) - self._refused_before
        return Evidence(refused > 0, f"{self._killed} sessions killed, {refused} connections refused by the server")

    def lift(self, target: FaultTarget) -> None:
        root, self._root = self._root, None
        if root is not None:
            with closing(root), root.cursor() as cursor:
                cursor.execute(f"SET GLOBAL max_connections = {self._limit}")


@dataclass
class Locked:
    """A session of root runs `statements` and keeps their locks."""

    statements: tuple[str, ...]
    _root: "Connection | None" = field(default=None, init=False)
    _before: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._root = target.root()
        self._before = status(self._root, ROW_WAITS)
        with self._root.cursor() as cursor:
            for statement in self.statements:
                cursor.execute(statement)

    def lift(self, target: FaultTarget) -> None:
        root, self._root = self._root, None
        if root is not None:
            root.close()


@dataclass
class TableLock(Locked):
    """Statements on products or categories wait at the server for the table, as behind an ALTER TABLE."""

    statements: tuple[str, ...] = ("LOCK TABLES products WRITE, categories WRITE",)

    def evidence(self, target: FaultTarget) -> Evidence:
        with closing(target.root()) as root, root.cursor() as cursor:
            cursor.execute(RUNNING, [target.schema])
            running, longest = cursor.fetchall()[0]
            stopped = status(root, "Max_statement_time_exceeded") + status(root, "Max_execution_time_exceeded")
        line = f"{running} statements were running, the longest for {longest} s; {stopped} stopped by the time limit"
        return Evidence(int(running) > 0 and stopped > 0, line)


@dataclass
class RowLocks(Locked):
    """A transaction holds the rows of all products and does not commit."""

    statements: tuple[str, ...] = ("START TRANSACTION", "SELECT id FROM products FOR UPDATE")

    def evidence(self, target: FaultTarget) -> Evidence:
        with closing(target.root()) as root, root.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
            waiting = int(cursor.fetchall()[0][0])
            waits = status(root, ROW_WAITS) - self._before
        return Evidence(
            waits > 0, f"{waits} waits for rows counted by the server, {waiting} transactions still waiting"
        )


def status(connection: Connection, name: str) -> int:
    """A counter of the server; 0 where it has none of this name."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE %s", [name])
        row = cursor.fetchone()
    return int(row[1]) if row else 0


SCRATCH: Final = "faults"
# The server rolls back the transaction that has changed fewer rows.
MANY_ROWS: Final = ",".join(f"({number})" for number in range(300))
HELD_SECONDS: Final = 0.05
ORDERED_NOW: Final = """
SELECT DISTINCT product_id FROM order_lines WHERE order_id > (SELECT MAX(id) FROM orders) - 40
ORDER BY product_id DESC LIMIT 6"""


@dataclass
class Deadlocks:
    """A large transaction locks the orders' rows in the opposite order, again and again."""

    _locking: Repeated = field(default_factory=Repeated, init=False)
    _before: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        with closing(target.root()) as root, root.cursor() as cursor:
            self._before = deadlocks(root)
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {SCRATCH}")
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {SCRATCH}.many_rows (id INT PRIMARY KEY) ENGINE = InnoDB")
        self._locking.start(lambda: self._lock_backwards(target))

    def evidence(self, target: FaultTarget) -> Evidence:
        with closing(target.root()) as root:
            count = deadlocks(root) - self._before
        return Evidence(count > 0, f"{count} deadlocks counted by the server")

    def lift(self, target: FaultTarget) -> None:
        if self._locking.stop():
            with closing(target.root()) as root, root.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {SCRATCH}")

    def _lock_backwards(self, target: FaultTarget) -> None:
        over = self._locking.over
        with closing(target.root()) as root, root.cursor() as cursor:
            while not over.is_set():
                try:
                    self._lock_once(cursor)
                except pymysql.Error:  # now and then this transaction is the one rolled back
                    over.wait(HELD_SECONDS)
                finally:
                    cursor.execute("ROLLBACK")

    def _lock_once(self, cursor: Cursor) -> None:
        cursor.execute(ORDERED_NOW)
        products = [int(row[0]) for row in cursor.fetchall()]
        cursor.execute("START TRANSACTION")
        cursor.execute(f"INSERT INTO {SCRATCH}.many_rows VALUES {MANY_ROWS}")  # noqa: S608 (constants)
        for product in products:
            cursor.execute("SELECT id FROM products WHERE id = %s FOR UPDATE", [product])
            self._locking.over.wait(HELD_SECONDS)


def deadlocks(connection: Connection) -> int:
    """Deadlocks found by the server: in MariaDB's status, in MySQL's metrics."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
        rows = cursor.fetchall()
        if not rows:
            cursor.execute("SELECT name, `count` FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'")
            rows = cursor.fetchall()
    return sum(int(row[1]) for row in rows)
