"""The seam of waiting: a stock that is taken from within a time."""

import asyncio
from asyncio import LifoQueue

from .background import T

Stock = LifoQueue
# How a wait on Redis ends: by a limit around it, or by the socket's own.
limit, SOCKET_LIMITS = asyncio.timeout, False


async def take(stock: LifoQueue[T], seconds: float) -> T:
    """Gives what was put back last, to those who wait in the order of their coming; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        return await stock.get()
