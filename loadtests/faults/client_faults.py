"""Faults of clients: those that say nothing, say it slowly, or do not wait for the answer."""

import select
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from compose.ports import LOOPBACK
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene

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
