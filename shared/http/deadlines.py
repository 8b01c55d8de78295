"""The deadline of the current request, counted from its arrival and read before each wait."""

from contextvars import ContextVar
from time import monotonic

from shared.http.errors import Problem, unavailable

_queued: ContextVar[float] = ContextVar("seconds_queued", default=0.0)
_admitted: ContextVar[bool] = ContextVar("admitted", default=True)
_ends: ContextVar[float | None] = ContextVar("request_ends", default=None)


def queued(seconds: float, admitted: bool) -> None:
    """Record how long the current request has waited for admission, and the result."""
    _queued.set(seconds)
    _admitted.set(admitted)


def start(seconds: float) -> None:
    """Set the deadline `seconds` after the current request's arrival."""
    _ends.set(monotonic() + seconds - _queued.get())


def must_be_admitted() -> None:
    """Raise a 503 when the current request was not admitted in time."""
    if not _admitted.get():
        raise unavailable("Too many requests at once.")


def within(seconds: float) -> float:
    """`seconds` limited to the time left; raises a 504 when none is left."""
    ends = _ends.get()
    if ends is None:
        return seconds
    left = ends - monotonic()
    if left <= 0:
        raise Problem(504, "The request took too long.")
    return min(seconds, left)
