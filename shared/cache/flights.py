"""Single flight in one process: who asks for what is being loaded waits for it instead of loading it again."""

from collections.abc import Callable
from typing import Generic, TypeVar

F = TypeVar("F")

LIMIT = 256


class Flights(Generic[F]):
    """At most LIMIT flights by name; safe to use from many threads."""

    def __init__(self, new: Callable[[], F]) -> None:
        self._new = new
        self._flights: dict[str, F] = {}

    def join(self, name: str) -> tuple[F | None, bool]:
        """Return the flight of that name and whether the caller leads it; None when there are too many."""
        if flight := self._flights.get(name):
            return flight, False
        if len(self._flights) >= LIMIT:
            return None, False
        new = self._new()
        flight = self._flights.setdefault(name, new)  # one step: of two who come at once, one leads
        return flight, flight is new

    def remove(self, name: str) -> None:
        """Who comes now leads another flight."""
        self._flights.pop(name, None)


class Latch:
    """Held by one at a time, never waited for; safe to use from many threads."""

    def __init__(self) -> None:
        self._free = [True]

    def acquire(self) -> bool:
        try:
            return self._free.pop()
        except IndexError:
            return False

    def release(self) -> None:
        self._free.append(True)
