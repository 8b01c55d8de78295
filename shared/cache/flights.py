"""Single flight in one process: who asks for what is being made waits for it instead of making it again."""

from collections.abc import Callable
from typing import Generic, TypeVar

F = TypeVar("F")

LIMIT = 256


class Flights(Generic[F]):
    """At most LIMIT flights by name; each is safe to use from many threads."""

    def __init__(self, new: Callable[[], F]) -> None:
        self._new = new
        self._flights: dict[str, F] = {}

    def board(self, name: str) -> tuple[F | None, bool]:
        """Gives the flight of that name and whether the caller has begun it; None when there are too many."""
        if flight := self._flights.get(name):
            return flight, False
        if len(self._flights) >= LIMIT:
            return None, False
        mine = self._new()
        flight = self._flights.setdefault(name, mine)  # one step: of two who come at once, one has begun it
        return flight, flight is mine

    def end(self, name: str) -> None:
        """Takes a flight out: who comes now begins another."""
        self._flights.pop(name, None)


class Turn:
    """A thing that one at a time may do; safe to use from many threads."""

    def __init__(self) -> None:
        self._free = [True]

    def take(self) -> bool:
        """Tells whether it is the caller's now."""
        try:
            return self._free.pop()
        except IndexError:
            return False

    def give_back(self) -> None:
        """Lets the next one."""
        self._free.append(True)
