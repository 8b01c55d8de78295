"""Faults of clients: those that send nothing, send slowly, or leave before the answer."""

import random
import select
import socket
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec

from compose.local.ports import LOOPBACK
from loadtests.faults.fault import Evidence, Repeated
from loadtests.faults.target import FaultTarget

CONNECT_SECONDS: Final = 5.0
# A header that never ends: gunicorn and Hypercorn both have to wait for the rest.
SLOW_START: Final = b"GET /api/products/1 HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER
# Products that the checker does not watch, so these writes hide no stale read.
UNWATCHED: Final = (
    "SELECT id FROM products WHERE name NOT LIKE 'Version %' AND stock BETWEEN 5000 AND 1000000 ORDER BY id LIMIT 100"
)
WRITTEN: Final = (
    "SELECT COUNT(*), COALESCE(SUM(name = CONCAT('Gone ', stock)), 0) FROM products WHERE name LIKE 'Gone %%'"
)
READS: Final = 0.5
LONGEST_WAIT: Final = 0.03


@dataclass
class Silent:
    """`clients` connect and send nothing."""

    clients: int
    _sockets: list[socket.socket] = field(default_factory=list, init=False)

    def inject(self, target: FaultTarget) -> None:
        address = (LOOPBACK, target.port)
        self._sockets = [socket.create_connection(address, CONNECT_SECONDS) for _ in range(self.clients)]

    def evidence(self, target: FaultTarget) -> Evidence:
        still, accepted = self.still_open(), target.client_connections()
        line = f"{self.clients} connected, {still} still open; the service had accepted {accepted} connections"
        return Evidence(still > 0, line)

    def lift(self, target: FaultTarget) -> None:
        for connection in self._sockets:
            connection.close()
        self._sockets = []

    def still_open(self) -> int:
        """The server sends nothing, so what is readable was closed by it."""
        poll = select.poll()
        for connection in self._sockets:
            poll.register(connection, select.POLLIN)
        return len(self._sockets) - len(poll.poll(0))


@dataclass
class SlowSenders(Silent):
    """`clients` send the head of a request, a byte every `seconds` each."""

    seconds: float
    _sending: Repeated = field(default_factory=Repeated, init=False)
    _sent: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        super().inject(target)
        self._sent = 0
        for connection in self._sockets:
            connection.sendall(SLOW_START)
        self._sending.start(self._send)

    def evidence(self, target: FaultTarget) -> Evidence:
        line = f"{self._sent} single bytes sent by {self.clients} clients, {self.still_open()} still connected"
        return Evidence(self._sent > 0, line)

    def lift(self, target: FaultTarget) -> None:
        self._sending.stop()
        super().lift(target)

    def _send(self) -> None:
        while not self._sending.over.wait(self.seconds):
            for connection in self._sockets:
                with suppress(OSError):  # the service has closed it
                    self._sent += connection.send(b"x")


@dataclass
class Disconnecting:
    """Clients send reads and writes, `rate` a second, and reset the connection some milliseconds later."""

    rate: float
    _sending: Repeated = field(default_factory=Repeated, init=False)
    _products: list[int] = field(default_factory=list, init=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._counts.clear()
        self._products = [number for (number,) in target.query(UNWATCHED)]
        self._sending.start(lambda: self._send(target.port))

    def evidence(self, target: FaultTarget) -> Evidence:
        ((changed, whole),) = target.query(WRITTEN)
        reset, sent = self._counts["reset"], self._counts["reads"] + self._counts["writes"]
        line = f"{reset} of {sent} clients reset before the answer; they changed {changed} products, {whole} completely"
        return Evidence(reset > 0 and changed == whole, line)

    def lift(self, target: FaultTarget) -> None:
        self._sending.stop()

    def _send(self, port: int) -> None:
        chance, over = random.Random(port), self._sending.over
        while not over.wait(1 / self.rate):
            with suppress(OSError), socket.create_connection((LOOPBACK, port), CONNECT_SECONDS) as connection:
                connection.sendall(self._request(chance))
                over.wait(chance.random() * LONGEST_WAIT)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                self._counts["reset"] += not select.select([connection], [], [], 0)[0]

    def _request(self, chance: random.Random) -> bytes:
        if chance.random() < READS:
            self._counts["reads"] += 1
            return b"GET /api/dashboard HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self._counts["writes"] += 1
        stock = chance.randrange(5000, 10**6)
        body = msgspec.json.encode({"name": f"Gone {stock}", "stock": stock})
        head = f"PATCH /api/products/{chance.choice(self._products)} HTTP/1.1\r\nHost: localhost\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
