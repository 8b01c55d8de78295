"""The seam of waiting: for an item, in the order of coming, for what another makes, or for time to pass."""

import threading
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeAlias

from .background import T

pause, scheduler = threading.Event().wait, threading.current_thread
# What guards a few steps against other threads; tasks only change places where they wait.
ThreadLock = threading.Lock
Event: TypeAlias = threading.Event


class FairQueue(Generic[T]):
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


def wait_unless(seconds: float, unless: Event) -> bool:
    """Passes the time; tells whether it could, False as soon as the event happens."""
    return not unless.wait(seconds)
