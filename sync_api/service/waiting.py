"""Seam: a fair queue, events, locks and pauses."""

import threading
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeAlias

from .background import T

pause, scheduler = threading.Event().wait, threading.current_thread
ThreadLock = threading.Lock  # tasks switch at an await only, so async needs none
Event: TypeAlias = threading.Event


class FairQueue(Generic[T]):
    """Items are reused last in, first out; waiters are served first come, first served."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._lock = threading.Lock()
        self._waiters: deque[SimpleQueue[T]] = deque()

    @property
    def free(self) -> int:
        """Number of items that are not taken."""
        return len(self._items)

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    def take(self, seconds: float) -> T:
        """Raises TimeoutError after `seconds`."""
        with self._lock:
            if self._items:
                return self._items.pop()
            waiter: SimpleQueue[T] = SimpleQueue()
            self._waiters.append(waiter)
        try:
            return waiter.get(timeout=seconds)
        except Empty:
            with self._lock, suppress(ValueError):
                self._waiters.remove(waiter)
                raise TimeoutError from None
            return waiter.get()  # `put` has chosen this waiter meanwhile

    def put(self, item: T) -> None:
        with self._lock:
            if self._waiters:
                self._waiters.popleft().put(item)
            else:
                self._items.append(item)


def wait_unless(seconds: float, unless: Event) -> bool:
    """True after `seconds`, False as soon as the event is set."""
    return not unless.wait(seconds)
