"""The seam of how long a command to Redis may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_PAST = 0.0


def timeouts(seconds: float) -> dict[str, Any]:
    """Options of the connection pool; a deadline bounds all its waits together."""
    return {"timeout": None, "socket_timeout": None, "socket_connect_timeout": seconds}


class Deadline:
    """Ends a command one turn of the loop after its time: a reply that came while the loop was late is not late."""

    def __init__(self, pool: Any, seconds: float) -> None:
        """Nothing is watched: asyncio has time-outs of its own."""

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        async with asyncio.timeout(None) as timeout:
            handle = asyncio.get_running_loop().call_later(seconds, timeout.reschedule, _PAST)
            try:
                yield
            finally:
                handle.cancel()

    def close(self) -> None:
        """Nothing is held."""
