"""The seam of waiting: a stock that is taken from within a time."""

import asyncio
from asyncio import LifoQueue

from .background import T

Stock = LifoQueue


async def take(stock: LifoQueue[T], seconds: float) -> T:
    """Gives what was put back last, to those who wait in the order of their coming; raises TimeoutError."""
    async with asyncio.timeout(seconds):
        return await stock.get()
