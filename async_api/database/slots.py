"""The seam of the pool's free connections: the one used last is taken first, and who waits is served in turn."""

import asyncio
from contextlib import nullcontext
from typing import Generic

from ..service.background import T


class ConnectionSlots(Generic[T]):
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
