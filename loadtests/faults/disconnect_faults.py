"""Clients that send a request and do not wait for its answer."""

import random
import select
import socket
import threading
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field

import msgspec

from compose.ports import LOOPBACK
from loadtests.faults.fault import Evidence
from loadtests.faults.link import AT_ONCE
from loadtests.faults.scene import Scene

CONNECT_SECONDS = 5.0
JOIN_SECONDS = 10.0
# Products that no history watches, so that what is done to them hides no stale read.
QUIET = (
    "SELECT id FROM products WHERE name NOT LIKE 'Version %' AND stock BETWEEN 5000 AND 1000000 ORDER BY id LIMIT 100"
)
READS = 0.5
LONGEST_STAY = 0.03


@dataclass
class Disconnecting:
    """Clients send reads and writes, `rate` a second, and reset the connection some milliseconds later."""

    rate: float
    _done: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _products: list[int] = field(default_factory=list, init=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False)

    def inject(self, scene: Scene) -> None:
        """Begins."""
        self._done.clear()
        self._counts.clear()
        with closing(scene.root()) as root, root.cursor() as cursor:
            cursor.execute(QUIET)
            self._products = [int(row[0]) for row in cursor.fetchall()]
        self._thread = threading.Thread(target=self._come_and_go, args=(scene.door,), daemon=True)
        self._thread.start()

    def evidence(self, scene: Scene) -> Evidence:
        """So many left before their answer; what they wrote is in the database whole or not at all."""
        with closing(scene.root()) as root, root.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*), COALESCE(SUM(name = CONCAT('Gone ', stock)), 0) FROM products"
                " WHERE name LIKE 'Gone %%'"
            )
            changed, whole = cursor.fetchall()[0]
        counts = self._counts
        line = (
            f"{counts['gone']} of {counts['reads'] + counts['writes']} clients reset before their answer; "
            f"{changed} products were written by such, {whole} of them whole"
        )
        return Evidence(counts["gone"] > 0 and changed == whole, line)

    def lift(self, scene: Scene) -> None:
        """Ends it."""
        self._done.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(JOIN_SECONDS)

    def _come_and_go(self, port: int) -> None:
        chance = random.Random(port)
        while not self._done.wait(1 / self.rate):
            with suppress(OSError), socket.create_connection((LOOPBACK, port), CONNECT_SECONDS) as wire:
                wire.sendall(self._request(chance))
                self._done.wait(chance.random() * LONGEST_STAY)
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                self._counts["gone"] += not select.select([wire], [], [], 0)[0]

    def _request(self, chance: random.Random) -> bytes:
        if chance.random() < READS:
            self._counts["reads"] += 1
            return b"GET /api/dashboard HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self._counts["writes"] += 1
        number = chance.randrange(5000, 10**6)
        body = msgspec.json.encode({"name": f"Gone {number}", "stock": number})
        head = f"PATCH /api/products/{chance.choice(self._products)} HTTP/1.1\r\nHost: localhost\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
