"""Faults of clients: they send nothing, send slowly, or disconnect before the answer."""

import random
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

import msgspec

from compose.local.ports import LOOPBACK
from loadtests.consistency.failures import SHED
from loadtests.consistency.history import OK
from loadtests.consistency.process import Driver
from loadtests.consistency.workload import Load
from loadtests.faults.fault import Evidence, ReadEvidence, repeated
from loadtests.faults.target import FaultTarget

CONNECT_SECONDS: Final = 5.0
# A header without an end: gunicorn and Hypercorn both have to wait for the rest.
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


@contextmanager
def silent(clients: int, target: FaultTarget) -> Iterator[ReadEvidence]:
    """Connects `clients` that send nothing."""
    with _connected(clients, target) as sockets:

        def evidence() -> Evidence:
            still, accepted = _still_open(sockets), target.client_connections()
            line = f"{clients} connected, {still} still open; the service had accepted {accepted} connections"
            return Evidence(still > 0, line)

        yield evidence


@contextmanager
def slow_senders(clients: int, seconds: float, target: FaultTarget) -> Iterator[ReadEvidence]:
    """Connects `clients` that send the head of a request, one byte every `seconds`."""
    counts: Counter[str] = Counter()

    def send(over: threading.Event) -> None:
        while not over.wait(seconds):
            for connection in sockets:
                with suppress(OSError):  # the service has closed it
                    counts["sent"] += connection.send(b"x")

    def evidence() -> Evidence:
        line = f"{counts['sent']} single bytes sent by {clients} clients, {_still_open(sockets)} still connected"
        return Evidence(counts["sent"] > 0, line)

    with _connected(clients, target) as sockets:
        for connection in sockets:
            connection.sendall(SLOW_START)
        with repeated(send):
            yield evidence


@contextmanager
def disconnecting(rate: float, target: FaultTarget) -> Iterator[ReadEvidence]:
    """Clients send reads and writes, `rate` a second, and reset the connection some milliseconds later."""
    counts: Counter[str] = Counter()
    products = [int(number) for (number,) in target.query(UNWATCHED)]
    chance = random.Random(target.port)

    def send(over: threading.Event) -> None:
        while not over.wait(1 / rate):
            with suppress(OSError), socket.create_connection((LOOPBACK, target.port), CONNECT_SECONDS) as connection:
                connection.sendall(_request(chance, products, counts))
                over.wait(chance.random() * LONGEST_WAIT)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                counts["reset"] += not select.select([connection], [], [], 0)[0]

    def evidence() -> Evidence:
        ((changed, whole),) = target.query(WRITTEN)
        reset, sent = counts["reset"], counts["reads"] + counts["writes"]
        line = f"{reset} of {sent} clients reset before the answer; they changed {changed} products, {whole} completely"
        return Evidence(reset > 0 and changed == whole, line)

    with repeated(send):
        yield evidence


@contextmanager
def _connected(clients: int, target: FaultTarget) -> Iterator[list[socket.socket]]:
    address = (LOOPBACK, target.port)
    with ExitStack() as held:
        yield [held.enter_context(socket.create_connection(address, CONNECT_SECONDS)) for _ in range(clients)]


def _still_open(sockets: Sequence[socket.socket]) -> int:
    """The server sends nothing, so a readable socket was closed by it."""
    poll = select.poll()
    for connection in sockets:
        poll.register(connection, select.POLLIN)
    return len(sockets) - len(poll.poll(0))


def _request(chance: random.Random, products: Sequence[int], counts: Counter[str]) -> bytes:
    if chance.random() < READS:
        counts["reads"] += 1
        return b"GET /api/dashboard HTTP/1.1\r\nHost: localhost\r\n\r\n"
    counts["writes"] += 1
    stock = chance.randrange(5000, 10**6)
    body = msgspec.json.encode({"name": f"Gone {stock}", "stock": stock})
    head = f"PATCH /api/products/{chance.choice(products)} HTTP/1.1\r\nHost: localhost\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def overload(times: int, target: FaultTarget) -> Iterator[ReadEvidence]:
    """Clients request uncached reports without pauses: `times` as many as the service handles at once."""
    with Driver(saturating(target, times), target.stack.placement.others) as driver:

        def evidence() -> Evidence:
            attempts = driver.stop().records
            target.attempts.extend(attempts)
            slowest = max((attempt.seconds for attempt in attempts if attempt.status == OK), default=0.0)
            answered = sum(attempt.status == OK for attempt in attempts)
            shed = sum(attempt.status in SHED for attempt in attempts)
            line = f"{answered} requests answered, the slowest after {slowest:.1f} s, {shed} shed"
            return Evidence(len(attempts) > 0, line)

        yield evidence


def saturating(target: FaultTarget, times: int) -> Load:
    """A closed loop of `times` as many clients as the service handles at once."""
    settings = target.service.settings
    clients = times * int(settings["WORKERS"]) * int(settings["IN_FLIGHT"])
    return Load(target.name, target.port, "overload", readers=clients, patchers=0, orderers=0, uncached=True)
