"""The seam of waiting: a stock that is taken from within a time."""

from queue import Empty, LifoQueue

from .background import T

Stock = LifoQueue


def take(stock: LifoQueue[T], seconds: float) -> T:
    """Gives what was put back last, to those who wait in the order of their coming; raises TimeoutError."""
    try:
        return stock.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
