"""Faults inside the database: no connections left, statements that take too long, locks, deadlocks."""

import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field

import pymysql
from pymysql.cursors import Cursor

from compose.local.database_server import Connection
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene

# The least that MariaDB takes; the idle services hold more than that.
FEWEST_CONNECTIONS = 10


@dataclass
class OutOfConnections:
    """The server has no connection left to give, and the service has lost its own."""

    _limit: int = field(default=0, init=False)
    _refused_before: int = field(default=0, init=False)
    _root: "Connection | None" = field(default=None, init=False)
    _ended: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Lowers the limit below what is in use, and ends the sessions of the service."""
        self._root = root = scene.root()
        self._refused_before = status(root, "Connection_errors_max_connections")
        with root.cursor() as cursor:
            cursor.execute("SELECT @@GLOBAL.max_connections")
            self._limit = int(cursor.fetchall()[0][0])
            cursor.execute(f"SET GLOBAL max_connections = {FEWEST_CONNECTIONS}")
            cursor.execute("SELECT id FROM information_schema.processlist WHERE user = %s", [scene.shop])
            numbers = [row[0] for row in cursor.fetchall()]
            for number in numbers:
                with suppress(pymysql.Error):  # it has ended by itself
                    cursor.execute(f"KILL {int(number)}")
        self._ended = len(numbers)

    def evidence(self, scene: Scene) -> Evidence:
        """The server has counted connections that it refused for want of room."""
        if self._root is None:
            return Evidence(False, "NOT INJECTED")
        refused = status(self._root, "Connection_errors_max_connections") - self._refused_before
        return Evidence(refused > 0, f"{self._ended} sessions ended, {refused} connections refused by the server")

    def lift(self, scene: Scene) -> None:
        """Gives the limit back."""
        root, self._root = self._root, None
        if root is None:
            return
        with closing(root), root.cursor() as cursor:
            cursor.execute(f"SET GLOBAL max_connections = {self._limit}")


@dataclass
class TooLong:
    """Every statement on products or categories waits at the server: for its table, as behind an ALTER TABLE."""

    _root: "Connection | None" = field(default=None, init=False)

    def inject(self, scene: Scene) -> None:
        """Locks the tables."""
        self._root = scene.root()
        with self._root.cursor() as cursor:
            cursor.execute("LOCK TABLES products WRITE, categories WRITE")

    def evidence(self, scene: Scene) -> Evidence:
        """The server's list of statements shows how long the service's have run."""
        with closing(scene.root()) as root, root.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*), COALESCE(MAX(time), 0) FROM information_schema.processlist"
                " WHERE user = %s AND command = 'Query'",
                [scene.shop],
            )
            many, longest = cursor.fetchall()[0]
            ended = status(root, "Max_statement_time_exceeded") + status(root, "Max_execution_time_exceeded")
        line = (
            f"{many} statements ran at the end, one for {longest} s; {ended} ended by the server for their time so far"
        )
        return Evidence(int(many) > 0 and ended > 0, line)

    def lift(self, scene: Scene) -> None:
        """Unlocks."""
        root, self._root = self._root, None
        if root is not None:
            root.close()


@dataclass
class LockWait:
    """Somebody holds the rows of all products, and does not commit."""

    _root: "Connection | None" = field(default=None, init=False)
    _before: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Locks the rows."""
        self._root = scene.root()
        self._before = status(self._root, "Innodb_row_lock_waits")
        with self._root.cursor() as cursor:
            cursor.execute("START TRANSACTION")
            cursor.execute("SELECT id FROM products FOR UPDATE")

    def evidence(self, scene: Scene) -> Evidence:
        """The server has counted waits for rows."""
        with closing(scene.root()) as root, root.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
            waiting = int(cursor.fetchall()[0][0])
            waits = status(root, "Innodb_row_lock_waits") - self._before
        line = f"{waits} waits for rows counted by the server, {waiting} transactions waiting at the end"
        return Evidence(waits > 0, line)

    def lift(self, scene: Scene) -> None:
        """Rolls back."""
        root, self._root = self._root, None
        if root is not None:
            root.close()


def status(connection: Connection, name: str) -> int:
    """Gives a counter of the server; 0 where it has no such counter."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE %s", [name])
        row = cursor.fetchone()
    return int(row[1]) if row else 0


JOIN_SECONDS = 10.0
SCRATCH = "faults"
WEIGHT = ",".join(f"({number})" for number in range(300))
HELD_SECONDS = 0.05
ORDERED_NOW = """
SELECT DISTINCT product_id FROM order_lines WHERE order_id > (SELECT MAX(id) FROM orders) - 40
ORDER BY product_id DESC LIMIT 6"""


@dataclass
class Deadlocks:
    """Somebody locks what orders lock, in the other order, and weighs too much to be the one undone."""

    _done: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _before: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Begins to lock backwards."""
        self._done.clear()
        with closing(scene.root()) as root, root.cursor() as cursor:
            self._before = deadlocks(root)
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {SCRATCH}")
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {SCRATCH}.weight (id INT PRIMARY KEY) ENGINE = InnoDB")
        self._thread = threading.Thread(target=self._lock_backwards, args=(scene,), daemon=True)
        self._thread.start()

    def evidence(self, scene: Scene) -> Evidence:
        """The server has counted deadlocks."""
        with closing(scene.root()) as root:
            many = deadlocks(root) - self._before
        return Evidence(many > 0, f"{many} deadlocks counted by the server")

    def lift(self, scene: Scene) -> None:
        """Ends it."""
        self._done.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(JOIN_SECONDS)
            with closing(scene.root()) as root, root.cursor() as cursor:
                cursor.execute(f"DROP DATABASE {SCRATCH}")

    def _lock_backwards(self, scene: Scene) -> None:
        with closing(scene.root()) as root, root.cursor() as cursor:
            while not self._done.is_set():
                try:
                    self._once(cursor)
                except pymysql.Error:  # now and then it is the one that is undone
                    self._done.wait(HELD_SECONDS)
                finally:
                    cursor.execute("ROLLBACK")

    def _once(self, cursor: Cursor) -> None:
        cursor.execute(ORDERED_NOW)
        numbers = [int(row[0]) for row in cursor.fetchall()]
        cursor.execute("START TRANSACTION")
        cursor.execute(f"INSERT INTO {SCRATCH}.weight VALUES {WEIGHT}")  # noqa: S608 (constants)
        for number in numbers:
            cursor.execute("SELECT id FROM products WHERE id = %s FOR UPDATE", [number])
            self._done.wait(HELD_SECONDS)


def deadlocks(connection: Connection) -> int:
    """Gives how many deadlocks the server has found: MariaDB counts them in its status, MySQL in its metrics."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
        found = cursor.fetchall()
        if not found:
            cursor.execute("SELECT name, `count` FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'")
            found = cursor.fetchall()
    return sum(int(row[1]) for row in found)
