"""Deadlocks between the service and somebody who locks backwards."""

import threading
from contextlib import closing
from dataclasses import dataclass, field

import pymysql
from pymysql.cursors import Cursor

from compose.database_server import Connection
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene

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
