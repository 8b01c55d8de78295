"""The time that a request has left; set when it arrives and asked for before each wait."""

from contextvars import ContextVar
from time import monotonic

from shared.errors import Problem

_ends: ContextVar[float | None] = ContextVar("request_ends", default=None)


def start(seconds: float) -> None:
    """Gives the current request this many seconds from now."""
    _ends.set(monotonic() + seconds)


def within(seconds: float) -> float:
    """Gives `seconds`, or what the request has left if that is less; raises a 504 when nothing is left."""
    ends = _ends.get()
    if ends is None:
        return seconds
    left = ends - monotonic()
    if left <= 0:
        raise Problem(504, "The request took too long.")
    return min(seconds, left)
