"""Faults of clients: those that say nothing, say it slowly, or do not wait for the answer."""

import random
import select
import socket
import threading
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field

import msgspec

from compose.local.ports import LOOPBACK
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene
from loadtests.proxy.link import AT_ONCE

CONNECT_SECONDS = 5.0
JOIN_SECONDS = 10.0
# A header that never ends: what gunicorn and Hypercorn both have to wait for.
SLOW_START = b"GET /api/products/1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


@dataclass
class Silent:
    """Many clients connect and say nothing."""

    many: int
    _sockets: list[socket.socket] = field(default_factory=list, init=False)

    def inject(self, scene: Scene) -> None:
        """Connects them."""
        address = (LOOPBACK, scene.door)
        self._sockets = [socket.create_connection(address, CONNECT_SECONDS) for _ in range(self.many)]

    def evidence(self, scene: Scene) -> Evidence:
        """So many connections are still open, and the service's processes hold so many."""
        still = self.many - len(_closed(self._sockets))
        held = scene.connections()
        return Evidence(still > 0, f"{self.many} connected, {still} still open; the service had accepted {held} in all")

    def lift(self, scene: Scene) -> None:
        """Disconnects them."""
        for each in self._sockets:
            each.close()
        self._sockets = []


@dataclass
class SlowSenders:
    """Many clients send a request's head, a byte every `seconds` each."""

    many: int
    seconds: float
    _sockets: list[socket.socket] = field(default_factory=list, init=False)
    _done: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _sent: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Connects them and begins to send."""
        self._done.clear()
        self._sent = 0
        address = (LOOPBACK, scene.door)
        self._sockets = [socket.create_connection(address, CONNECT_SECONDS) for _ in range(self.many)]
        for each in self._sockets:
            each.sendall(SLOW_START)
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def evidence(self, scene: Scene) -> Evidence:
        """So many bytes were sent on so many connections that are still open."""
        still = self.many - len(_closed(self._sockets))
        return Evidence(
            self._sent > 0, f"{self._sent} single bytes sent by {self.many} clients, {still} still connected"
        )

    def lift(self, scene: Scene) -> None:
        """Disconnects them."""
        self._done.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(JOIN_SECONDS)
        for each in self._sockets:
            each.close()
        self._sockets = []

    def _send(self) -> None:
        while not self._done.wait(self.seconds):
            for each in self._sockets:
                with suppress(OSError):  # the service has closed it
                    self._sent += each.send(b"x")


def _closed(sockets: list[socket.socket]) -> list[socket.socket]:
    """Gives those that the other side has ended; none of them has anything to say."""
    poll = select.poll()
    by_number = {each.fileno(): each for each in sockets}
    for number in by_number:
        poll.register(number, select.POLLIN)
    return [by_number[number] for number, _ in poll.poll(0)]


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
