"""The seam of waiting: a stock that is taken from within a time, by those who wait in the order of their coming."""

import threading
from collections import deque
from concurrent.futures import Future
from contextlib import nullcontext
from typing import Generic

from .background import T

# How a wait on Redis ends: by a limit around it, or by the socket's own.
limit, SOCKET_LIMITS = nullcontext, True
pause, scheduler = threading.Event().wait, threading.current_thread


class Stock(Generic[T]):
    """Last in, first out; what is put back goes to the first who waits, never to one who comes later."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._lock = threading.Lock()
        self._waiting: deque[Future[T]] = deque()

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
