"""Seam: the deadline of a Redis command."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_PAST = 0.0


def timeouts(seconds: float) -> dict[str, Any]:
    """Options of the connection pool; a deadline limits its waits together."""
    return {"timeout": None, "socket_timeout": None, "socket_connect_timeout": seconds}


class Deadline:
    """Cancels one iteration of the loop after the deadline, so that a reply received during a stall still counts."""

    def __init__(self, pool: Any, seconds: float) -> None:
        """Ignores both arguments: asyncio has time-outs."""

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        async with asyncio.timeout(None) as timeout:
            handle = asyncio.get_running_loop().call_later(seconds, timeout.reschedule, _PAST)
            try:
                yield
            finally:
                handle.cancel()

    def close(self) -> None:
        """Nothing to close."""
