"""Seam: a fair queue, events, locks and pauses."""

import asyncio
from contextlib import nullcontext
from typing import Generic, TypeAlias

from .background import T

pause, scheduler = asyncio.sleep, asyncio.get_running_loop
ThreadLock = nullcontext  # tasks switch at an await only, so async needs none
Event: TypeAlias = asyncio.Event


class FairQueue(Generic[T]):
    """Items are reused last in, first out; waiters are served first come, first served."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._semaphore = asyncio.Semaphore(0)
        self._waiting = 0

    @property
    def free(self) -> int:
        """Number of items that are not taken."""
        return len(self._items)

    @property
    def waiting(self) -> int:
        return self._waiting

    async def take(self, seconds: float) -> T:
        """Raises TimeoutError after `seconds`."""
        if not self._semaphore.locked():  # a time-out costs more than an acquire that does not wait
            await self._semaphore.acquire()
            return self._items.pop()
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._semaphore.acquire()
        finally:
            self._waiting -= 1
        return self._items.pop()

    def put(self, item: T) -> None:
        self._items.append(item)
        self._semaphore.release()


async def wait_unless(seconds: float, unless: Event) -> bool:
    """True after `seconds`, False as soon as the event is set."""
    try:
        async with asyncio.timeout(seconds):
            return not await unless.wait()
    except TimeoutError:
        return True
