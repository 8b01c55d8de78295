"""The seam of waiting: for an item of a stock, in the order of coming, for what another makes, for time to pass."""

import asyncio
from contextlib import nullcontext
from typing import Any, Generic, TypeAlias

from .background import T

pause, scheduler = asyncio.sleep, asyncio.get_running_loop
# What guards a few steps against other threads; tasks only change places where they wait.
Lock = nullcontext
Event: TypeAlias = asyncio.Event


class Stock(Generic[T]):
    """Last in, first out; what is put back goes to the first who waits, never to one who comes later."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._turns = asyncio.Semaphore(0)

    @property
    def free(self) -> int:
        """How many items nobody has."""
        return len(self._items)

    async def take(self, seconds: float) -> T:
        """Gives an item; raises TimeoutError after `seconds`."""
        # A limit costs more than what it would end here.
        async with asyncio.timeout(seconds) if self._turns.locked() else nullcontext():
            await self._turns.acquire()
        return self._items.pop()

    def put(self, item: T) -> None:
        """Puts an item back."""
        self._items.append(item)
        self._turns.release()


class Flight:
    """What somebody makes and others wait for; the first landing counts."""

    def __init__(self) -> None:
        self._landed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def land(self, outcome: Any) -> None:
        """Gives the outcome to all who wait."""
        if not self._landed.done():
            self._landed.set_result(outcome)

    async def wait(self, seconds: float) -> Any:
        """Gives the outcome, or None after `seconds`; whoever gives up disturbs nobody else."""
        await asyncio.wait([self._landed], timeout=seconds)
        return self._landed.result() if self._landed.done() else None


async def passed(seconds: float, unless: Event) -> bool:
    """Passes the time; tells whether it could, False as soon as the event happens."""
    try:
        async with asyncio.timeout(seconds):
            return not await unless.wait()
    except TimeoutError:
        return True
