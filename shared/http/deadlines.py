"""The time that a request has left; counted from its arrival and asked for before each wait."""

from contextvars import ContextVar
from time import monotonic

from shared.http.errors import Problem, unavailable

_queued: ContextVar[float] = ContextVar("seconds_queued", default=0.0)
_admitted: ContextVar[bool] = ContextVar("admitted", default=True)
_ends: ContextVar[float | None] = ContextVar("request_ends", default=None)


def queued(seconds: float, admitted: bool) -> None:
    """Notes how long the current request has waited for a place, and whether it got one."""
    _queued.set(seconds)
    _admitted.set(admitted)


def start(seconds: float) -> None:
    """Gives the current request this many seconds from its arrival."""
    _ends.set(monotonic() + seconds - _queued.get())


def must_be_admitted() -> None:
    """Raises a 503 when the current request got no place in time."""
    if not _admitted.get():
        raise unavailable("Too many requests at once.")


def within(seconds: float) -> float:
    """Gives `seconds`, or what the request has left if that is less; raises a 504 when nothing is left."""
    ends = _ends.get()
    if ends is None:
        return seconds
    left = ends - monotonic()
    if left <= 0:
        raise Problem(504, "The request took too long.")
    return min(seconds, left)
