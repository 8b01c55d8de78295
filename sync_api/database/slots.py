"""The seam of the pool's free connections: the one used last is taken first, and who waits is served in turn."""

import threading
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic

from ..service.background import T


class ConnectionSlots(Generic[T]):
    """Last in, first out; what is put back goes to the first who waits, never to one who comes later."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._lock = threading.Lock()
        self._turns: deque[SimpleQueue[T]] = deque()

    @property
    def free(self) -> int:
        """How many items nobody has."""
        return len(self._items)

    def take(self, seconds: float) -> T:
        """Takes an item; raises TimeoutError after `seconds`."""
        with self._lock:
            if self._items:
                return self._items.pop()
            turn: SimpleQueue[T] = SimpleQueue()
            self._turns.append(turn)
        try:
            return turn.get(timeout=seconds)
        except Empty:
            with self._lock, suppress(ValueError):
                self._turns.remove(turn)
                raise TimeoutError from None
            return turn.get()  # handed over at the last moment

    def put(self, item: T) -> None:
        with self._lock:
            if self._turns:
                self._turns.popleft().put(item)
            else:
                self._items.append(item)
