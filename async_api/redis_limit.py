"""The seam of how long a command to Redis may take: all of it, and not each part of its reply."""

import asyncio
from typing import Any

from redis.asyncio.connection import DefaultParser

Parser: Any = DefaultParser


def limit(connection: Any, seconds: float) -> asyncio.Timeout:  # noqa: ARG001 (the other side needs it)
    """Ends what happens on a connection after so many seconds, with a TimeoutError."""
    return asyncio.timeout(seconds)
