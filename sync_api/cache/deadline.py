"""The seam of how long a command to Redis may take."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def timeouts(seconds: float) -> dict[str, Any]:
    """Options of the connection pool; each bounds one wait."""
    return {"timeout": seconds, "socket_timeout": seconds, "socket_connect_timeout": seconds}


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """The time-outs of the socket bound each wait in the block; here none begins without time left."""
    if seconds <= 0:
        raise TimeoutError("no time left")
    yield
