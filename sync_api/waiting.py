"""The seam of waiting: a stock that is taken from within a time."""

from contextlib import nullcontext
from queue import Empty, LifoQueue

from .background import T

Stock = LifoQueue
# How a wait on Redis ends: by a limit around it, or by the socket's own.
limit, SOCKET_LIMITS = nullcontext, True


def take(stock: LifoQueue[T], seconds: float) -> T:
    """Gives what was put back last, to those who wait in the order of their coming; raises TimeoutError."""
    try:
        return stock.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
