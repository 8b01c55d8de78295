"""The seam of waiting: for what another makes, or for time to pass."""

import asyncio
from contextlib import nullcontext
from typing import TypeAlias

pause, scheduler = asyncio.sleep, asyncio.get_running_loop
# What guards a few steps against other threads; tasks only change places where they wait.
ThreadLock = nullcontext
Event: TypeAlias = asyncio.Event


async def wait_unless(seconds: float, unless: Event) -> bool:
    """Passes the time; tells whether it could, False as soon as the event happens."""
    try:
        async with asyncio.timeout(seconds):
            return not await unless.wait()
    except TimeoutError:
        return True
