"""The seam of waiting: a stock that is taken from within a time, by those who wait in the order of their coming."""

import asyncio
from typing import Generic

from .background import T

# How a wait on Redis ends: by a limit around it, or by the socket's own.
limit, SOCKET_LIMITS = asyncio.timeout, False
pause, scheduler = asyncio.sleep, asyncio.get_running_loop


class Stock(Generic[T]):
    """Last in, first out; what is put back goes to the first who waits, never to one who comes later."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._turns = asyncio.Semaphore(0)

    async def take(self, seconds: float) -> T:
        """Gives an item; raises TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            await self._turns.acquire()
        return self._items.pop()

    def put(self, item: T) -> None:
        """Puts an item back."""
        self._items.append(item)
        self._turns.release()
