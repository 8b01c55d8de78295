"""Single flight in one process: concurrent requests for one value share a load."""

from collections.abc import Callable
from typing import Generic, TypeVar

F = TypeVar("F")

LIMIT = 256


class Flights(Generic[F]):
    """At most LIMIT flights by name; thread-safe."""

    def __init__(self, new: Callable[[], F]) -> None:
        self._new = new
        self._flights: dict[str, F] = {}

    def join(self, name: str) -> tuple[F | None, bool]:
        """(flight, whether the caller is its leader); the flight is None beyond LIMIT."""
        if flight := self._flights.get(name):
            return flight, False
        if len(self._flights) >= LIMIT:
            return None, False
        new = self._new()
        flight = self._flights.setdefault(name, new)  # atomic: one of two concurrent callers leads
        return flight, flight is new

    def remove(self, name: str) -> None:
        """The next `join` starts a new flight."""
        self._flights.pop(name, None)


class Latch:
    """A non-blocking, thread-safe lock."""

    def __init__(self) -> None:
        self._free = [True]

    def acquire(self) -> bool:
        try:
            return self._free.pop()
        except IndexError:
            return False

    def release(self) -> None:
        self._free.append(True)
