"""The seam of how long a command to Redis may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_PAST = 0.0


def timeouts(seconds: float) -> dict[str, Any]:
    """Options of the connection pool; `deadline` bounds all of them together."""
    return {"timeout": None, "socket_timeout": None, "socket_connect_timeout": seconds}


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """End the block with a TimeoutError one turn of the loop after its time.

    A reply that came while the loop was late is not late itself.
    """
    async with asyncio.timeout(None) as timeout:
        handle = asyncio.get_running_loop().call_later(seconds, timeout.reschedule, _PAST)
        try:
            yield
        finally:
            handle.cancel()
