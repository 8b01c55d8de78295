"""When drops failed: the service counts what Redis refused, and the counter is looked at again and again."""

import threading
from time import monotonic
from typing import Final, Self

from loadtests.counters import read_counters
from loadtests.history.stale_reads import Window

COUNTER: Final = "cache_events_total{event=refused}"
EVERY_SECONDS: Final = 0.25
END_SECONDS: Final = 10.0


class Refusals:
    """Watches one service while it is entered; `windows` then holds the times between two looks in which it grew."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="refusals", daemon=True)
        self.windows: list[Window] = []
        self.counted = 0

    def __enter__(self) -> Self:
        self._looked, self._count = monotonic(), self._look() or 0
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
        count = self._look()
        if count is None:
            return  # it did not answer: the next look covers this time too
        if count > self._count:
            self.windows.append((self._looked, monotonic()))
            self.counted += count - self._count
        self._looked, self._count = began, count

    def _look(self) -> int | None:
        counters = read_counters(self._url)
        return int(counters.get(COUNTER, 0)) if counters else None
