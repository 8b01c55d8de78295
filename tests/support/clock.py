"""Checks of the service's timestamps against the clock of the test."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z"
# The database server reads the same clock as the test, but not at the same moment.
APART = timedelta(milliseconds=5)


class Span:
    """The time from sending a request to receiving its answer."""

    def __init__(self) -> None:
        self.start = self.end = datetime.now(UTC)

    def holds(self, text: str) -> bool:
        """Whether a timestamp of the service is within the span, with a tolerance of APART."""
        return self.start - APART <= moment(text) <= self.end + APART


@contextmanager
def span() -> Iterator[Span]:
    measured = Span()
    yield measured
    measured.end = datetime.now(UTC)


def moment(text: str) -> datetime:
    """Parse a timestamp; fails unless it is ISO 8601 in UTC with `Z`."""
    assert re.fullmatch(FORM, text), text
    return datetime.fromisoformat(text)
