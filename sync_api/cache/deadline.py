"""Seam: the deadline of a Redis command."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, get_ident
from time import monotonic
from typing import Any


def timeouts(seconds: float) -> dict[str, Any]:
    """Options of the connection pool; each limits a single wait."""
    return {"timeout": seconds, "socket_timeout": seconds, "socket_connect_timeout": seconds}


class Deadline:
    """Closes the connections of late commands: a socket's time-out restarts with every byte."""

    def __init__(self, pool: Any, seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds
        self._ends: dict[int, float] = {}
        self._closed = Event()
        Thread(target=self._watch, name="redis-deadline", daemon=True).start()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        if seconds <= 0:
            raise TimeoutError("no time left")
        self._ends[get_ident()] = monotonic() + seconds
        try:
            yield
        finally:
            del self._ends[get_ident()]

    def close(self) -> None:
        self._closed.set()

    def _watch(self) -> None:
        late: set[tuple[int, float]] = set()
        pause = self._seconds
        while not self._closed.wait(pause):
            now, commands = monotonic(), tuple(self._ends.items())
            # Late in two checks: after a stall of this process, a reply that has arrived is read in between.
            if late.intersection(commands):
                self._pool.disconnect()
            late = {(thread, end) for thread, end in commands if end <= now}
            first = min((end for _, end in commands), default=now + self._seconds)
            pause = max(first - now, self._seconds / 8)
