"""Times of the service held against the clock of the test."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z"
# The database server reads the same clock, but a transaction reads it a little apart from our reading.
APART = timedelta(milliseconds=5)


class Span:
    """From the sending of a request to the receiving of its answer."""

    def __init__(self) -> None:
        self.start = self.end = datetime.now(UTC)

    def holds(self, text: str) -> bool:
        """Tells whether a time, as the service writes it, lies within."""
        return self.start - APART <= moment(text) <= self.end + APART


@contextmanager
def span() -> Iterator[Span]:
    """Gives the span of its block."""
    measured = Span()
    yield measured
    measured.end = datetime.now(UTC)


def moment(text: str) -> datetime:
    """Gives a time that is written as the contract wants: UTC, ISO 8601, with `Z`."""
    assert re.fullmatch(FORM, text), text
    return datetime.fromisoformat(text)
