"""The circuit breaker: after the first failure Redis is bypassed until a probe succeeds and no drop is owed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from shared.cache.flights import Latch
from shared.service.metrics import Metrics

# Groups; beyond that, all stamps of the combination are dropped instead.
MOST_OWED = 10_000
BATCH = 500
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0


class Breaker:
    """Keeps the groups whose drop failed, and closes only when there are none."""

    def __init__(self, lock: AbstractContextManager[Any], metrics: Metrics) -> None:
        self._metrics = metrics
        self.is_open = False
        self.probing = Latch()
        self._pause = FIRST_PAUSE
        self._lock = lock
        self._owed: dict[str, None] = {}
        self._owes_everything = False

    def open(self, owed: Sequence[str] | None = ()) -> None:
        """Open and remember `owed`, the groups whose drop failed; None means all groups."""
        with self._lock:
            if not self.is_open:
                self.is_open = True
                self._pause = FIRST_PAUSE
                self._metrics.breaker_opened.inc()
                self._metrics.breaker_open.set(1)
            self._remember(owed)

    def defer(self, groups: Sequence[str]) -> bool:
        """Remember drops if open; return whether it is open."""
        with self._lock:
            if self.is_open:
                self._remember(groups)
            return self.is_open

    def take(self) -> Sequence[str] | None:
        """Remove and return at most BATCH owed groups; None means all groups."""
        with self._lock:
            if self._owes_everything:
                self._owes_everything = False
                self._count()
                return None
            batch = [*self._owed][:BATCH]
            for group in batch:
                del self._owed[group]
            self._count()
            return batch

    def close(self) -> bool:
        """Close unless a drop is owed; return whether it closed."""
        with self._lock:
            if self._owed or self._owes_everything:
                return False
            self.is_open = False
            self._metrics.breaker_open.set(0)
            return True

    def next_pause(self) -> float:
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        return pause

    def _remember(self, groups: Sequence[str] | None) -> None:
        if groups is None or len(self._owed) + len(groups) > MOST_OWED:
            self._owed.clear()
            self._owes_everything = True
        elif not self._owes_everything:
            self._owed.update(dict.fromkeys(groups))
        self._count()

    def _count(self) -> None:
        self._metrics.owed_drops.set(MOST_OWED if self._owes_everything else len(self._owed))
