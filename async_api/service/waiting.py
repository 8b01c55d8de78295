"""The seam of waiting: for an item, in the order of coming, for what another makes, or for time to pass."""

import asyncio
from contextlib import nullcontext
from typing import Generic, TypeAlias

from .background import T

pause, scheduler = asyncio.sleep, asyncio.get_running_loop
# What guards a few steps against other threads; tasks only change places where they wait.
ThreadLock = nullcontext
Event: TypeAlias = asyncio.Event


class FairQueue(Generic[T]):
    """Last in, first out; what is put back goes to the first who waits, never to one who comes later."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._turns = asyncio.Semaphore(0)

    @property
    def free(self) -> int:
        """How many items nobody has."""
        return len(self._items)

    async def take(self, seconds: float) -> T:
        """Takes an item; raises TimeoutError after `seconds`."""
        # A limit costs more than what it would end here.
        async with asyncio.timeout(seconds) if self._turns.locked() else nullcontext():
            await self._turns.acquire()
        return self._items.pop()

    def put(self, item: T) -> None:
        self._items.append(item)
        self._turns.release()


async def wait_unless(seconds: float, unless: Event) -> bool:
    """Passes the time; tells whether it could, False as soon as the event happens."""
    try:
        async with asyncio.timeout(seconds):
            return not await unless.wait()
    except TimeoutError:
        return True
