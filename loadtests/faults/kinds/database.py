"""Faults inside the database: no connections left, statements that take too long, locks, deadlocks."""

from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from typing import Final

import pymysql

from compose.local.database_server import Connection
from loadtests.consistency.kept_writes import query
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
WAITING: Final = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
SCRATCH: Final = "faults"
# The server rolls back the transaction that has changed fewer rows.
MANY_ROWS: Final = ",".join(f"({number})" for number in range(300))
HELD_SECONDS: Final = 0.05
ORDERED_NOW: Final = """
SELECT DISTINCT product_id FROM order_lines WHERE order_id > (SELECT MAX(id) FROM orders) - 40
ORDER BY product_id DESC LIMIT 6"""
METRIC: Final = "SELECT name, `count` FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'"


@dataclass
class AsRoot:
    """Holds a session of root until it is lifted."""

    _held: ExitStack = field(default_factory=ExitStack, init=False)
    _root: Connection = field(init=False)
    _before: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._root = self._held.enter_context(closing(target.root()))

    def lift(self, target: FaultTarget) -> None:
        self._held.close()


@dataclass
class OutOfConnections(AsRoot):
    """The limit is lowered below what is in use, and the service's sessions are killed."""

    _killed: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        super().inject(target)
        self._before = status(self._root, REFUSED)
        ((limit,),) = query(self._root, "SELECT @@GLOBAL.max_connections")
        self._held.callback(query, self._root, f"SET GLOBAL max_connections = {limit}")
        query(self._root, f"SET GLOBAL max_connections = {FEWEST_CONNECTIONS}")
        sessions = query(self._root, SESSIONS, target.schema)
        for (session,) in sessions:
            with suppress(pymysql.Error):  # it has ended by itself
                query(self._root, f"KILL {session}")
        self._killed = len(sessions)

    def evidence(self, target: FaultTarget) -> Evidence:
        refused = status(self._root, REFUSED) - self._before
        return Evidence(refused > 0, f"{self._killed} sessions killed, {refused} connections refused by the server")


@dataclass
class Locked(AsRoot):
    """A session of root runs `statements` and keeps their locks."""

    statements: tuple[str, ...] = ()

    def inject(self, target: FaultTarget) -> None:
        super().inject(target)
        self._before = status(self._root, ROW_WAITS)
        for statement in self.statements:
            query(self._root, statement)


@dataclass
class TableLock(Locked):
    """Statements on products or categories wait at the server for the table, as behind an ALTER TABLE."""

    statements: tuple[str, ...] = ("LOCK TABLES products WRITE, categories WRITE",)

    def evidence(self, target: FaultTarget) -> Evidence:
        with closing(target.root()) as root:
            ((running, longest),) = query(root, RUNNING, target.schema)
            stopped = status(root, "Max_statement_time_exceeded") + status(root, "Max_execution_time_exceeded")
        line = f"{running} statements were running, the longest for {longest} s; {stopped} stopped by the time limit"
        return Evidence(running > 0 and stopped > 0, line)


@dataclass
class RowLocks(Locked):
    """A transaction holds the rows of all products and does not commit."""

    statements: tuple[str, ...] = ("START TRANSACTION", "SELECT id FROM products FOR UPDATE")

    def evidence(self, target: FaultTarget) -> Evidence:
        with closing(target.root()) as root:
            ((waiting,),) = query(root, WAITING)
            waits = status(root, ROW_WAITS) - self._before
        line = f"{waits} waits for rows counted by the server, {waiting} transactions still waiting"
        return Evidence(waits > 0, line)


def status(connection: Connection, name: str) -> int:
    """A counter of the server; 0 where it has none of this name."""
    return sum(int(value) for _, value in query(connection, "SHOW GLOBAL STATUS LIKE %s", name))


@dataclass
class Deadlocks:
    """A large transaction locks the orders' rows in the opposite order, again and again."""

    _locking: Repeated = field(default_factory=Repeated, init=False)
    _before: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        with closing(target.root()) as root:
            self._before = deadlocks(root)
            query(root, f"CREATE DATABASE IF NOT EXISTS {SCRATCH}")
            query(root, f"CREATE TABLE IF NOT EXISTS {SCRATCH}.many_rows (id INT PRIMARY KEY) ENGINE = InnoDB")
        self._locking.start(lambda: self._lock_backwards(target))

    def evidence(self, target: FaultTarget) -> Evidence:
        with closing(target.root()) as root:
            count = deadlocks(root) - self._before
        return Evidence(count > 0, f"{count} deadlocks counted by the server")

    def lift(self, target: FaultTarget) -> None:
        if self._locking.stop():
            with closing(target.root()) as root:
                query(root, f"DROP DATABASE {SCRATCH}")

    def _lock_backwards(self, target: FaultTarget) -> None:
        over = self._locking.over
        with closing(target.root()) as root:
            while not over.is_set():
                try:
                    self._lock_once(root)
                except pymysql.Error:  # now and then this transaction is the one rolled back
                    over.wait(HELD_SECONDS)
                finally:
                    root.rollback()

    def _lock_once(self, root: Connection) -> None:
        products = query(root, ORDERED_NOW)
        root.begin()
        query(root, f"INSERT INTO {SCRATCH}.many_rows VALUES {MANY_ROWS}")  # noqa: S608 (constants)
        for (product,) in products:
            query(root, "SELECT id FROM products WHERE id = %s FOR UPDATE", product)
            self._locking.over.wait(HELD_SECONDS)


def deadlocks(connection: Connection) -> int:
    """Deadlocks found by the server: in MariaDB's status, in MySQL's metrics."""
    found = query(connection, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'") or query(connection, METRIC)
    return sum(int(count) for _, count in found)
