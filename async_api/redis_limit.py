"""The seam of how long a command to Redis may take: all of it, and not each part of its reply."""

import asyncio
from typing import Any

# What a connection has to be made with, for its limits to hold.
LIMITED: dict[str, Any] = {}


def limit(connection: Any, seconds: float) -> asyncio.Timeout:  # noqa: ARG001 (the other side needs it)
    """Ends what happens on a connection after so many seconds, with a TimeoutError."""
    return asyncio.timeout(seconds)
