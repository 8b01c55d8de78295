"""The seam of how long a command to Redis may take: all of it, and not each part of its reply."""

import asyncio
from typing import Any

# What a connection has to be made with, for its limits to hold.
LIMITED: dict[str, Any] = {}
_PAST = 0.0


class _Limit:
    """Is over one turn of the loop after its time: a reply that came while the loop was late is not late itself."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._handle = asyncio.get_running_loop().call_later(self._seconds, self._timeout.reschedule, _PAST)

    async def __aexit__(self, *error: Any) -> None:
        self._handle.cancel()
        await self._timeout.__aexit__(*error)


def limit(connection: Any, seconds: float) -> _Limit:  # noqa: ARG001 (the other side needs it)
    """Ends what happens on a connection after so many seconds, with a TimeoutError."""
    return _Limit(seconds)
