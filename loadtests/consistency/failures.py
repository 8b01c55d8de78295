"""Counts of failed attempts, and the times of failed invalidations."""

import threading
from collections import Counter
from time import monotonic
from typing import Final, Self

import msgspec

from loadtests.consistency.history import History, Record
from loadtests.consistency.stale_reads import Window
from loadtests.targets.prometheus import read_counters

COUNTER: Final = "cache_events_total{event=refused}"
EVERY_SECONDS: Final = 0.25
END_SECONDS: Final = 10.0
# The service answers within 8 s; the rest is a margin for a busy machine.
ANSWER_SECONDS: Final = 9.0
REFUSED: Final = frozenset({"refused", "closed"})
SHED: Final = frozenset({503, 504})
SERVER_ERROR: Final = 500
EXPECTED: Final = frozenset({200, 201, 409})


class Refusals:
    """Polls a service's counter of refused invalidations; `windows` are the times in which it grew."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="refusals", daemon=True)
        self.windows: list[Window] = []
        self.counted = 0

    def __enter__(self) -> Self:
        self._read_at, self._count = monotonic(), self._read_count() or 0
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(END_SECONDS)

    def _watch(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            self._compare()
        self._compare()

    def _compare(self) -> None:
        began = monotonic()
        count = self._read_count()
        if count is None:
            return  # no answer: the next poll covers this time too
        if count > self._count:
            self.windows.append((self._read_at, monotonic()))
            self.counted += count - self._count
        self._read_at, self._count = began, count

    def _read_count(self) -> int | None:
        counters = read_counters(self._url)
        return int(counters.get(COUNTER, 0)) if counters else None


class Failures(msgspec.Struct):
    """Counts of failed attempts. Those in the first line are allowed, those in the second are not.

    `worst_s` is the longest attempt, answered or not.
    """

    refused: int = 0
    shed: int = 0

    hung: int = 0
    cut: int = 0
    errors: int = 0
    unexpected: int = 0
    late: int = 0

    worst_s: float = 0.0

    @property
    def broken(self) -> int:
        return self.hung + self.cut + self.errors + self.unexpected + self.late


def failures(history: History) -> Failures:
    """An answer after ANSWER_SECONDS counts as late, whatever else it is."""
    kinds = Counter(kind for record in history.records if (kind := kind_of(record)))
    return Failures(
        **kinds,
        late=sum(record.status != 0 and record.seconds > ANSWER_SECONDS for record in history.records),
        worst_s=max((record.seconds for record in history.records), default=0.0),
    )


def kind_of(record: Record) -> str:
    """The field of Failures for an attempt, empty if it succeeded."""
    if record.status == 0:
        return "refused" if record.fault in REFUSED else "hung" if record.fault == "timed out" else "cut"
    if record.status in SHED and record.problem:
        return "shed"
    if record.status >= SERVER_ERROR:
        return "errors"
    return "" if record.status in EXPECTED and record.fault is None else "unexpected"
