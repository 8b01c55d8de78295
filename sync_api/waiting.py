"""The seam of waiting: for an item of a stock, in the order of coming, for what another makes, for time to pass."""

import threading
from collections import deque
from concurrent.futures import Future
from typing import Generic, TypeAlias

from .background import T

pause, scheduler = threading.Event().wait, threading.current_thread
# What guards a few steps against other threads; tasks only change places where they wait.
Lock = threading.Lock
Event: TypeAlias = threading.Event


class Stock(Generic[T]):
    """Last in, first out; what is put back goes to the first who waits, never to one who comes later."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._lock = threading.Lock()
        self._waiting: deque[Future[T]] = deque()

    @property
    def free(self) -> int:
        """How many items nobody has."""
        return len(self._items)

    def take(self, seconds: float) -> T:
        """Gives an item; raises TimeoutError after `seconds`."""
        with self._lock:
            if self._items:
                return self._items.pop()
            turn: Future[T] = Future()
            self._waiting.append(turn)
        try:
            return turn.result(seconds)
        except TimeoutError:
            if turn.cancel():
                raise
            return turn.result()  # handed over at the last moment

    def put(self, item: T) -> None:
        """Puts an item back."""
        with self._lock:
            while self._waiting and not self._waiting[0].set_running_or_notify_cancel():
                self._waiting.popleft()
            if self._waiting:
                self._waiting.popleft().set_result(item)
            else:
                self._items.append(item)


def passed(seconds: float, unless: Event) -> bool:
    """Passes the time; tells whether it could, False as soon as the event happens."""
    return not unless.wait(seconds)
