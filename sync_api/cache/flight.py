"""A flight: one load, awaited by its followers."""

from typing import Any

from ..service.waiting import Event, wait_unless


class Flight:
    """Completes once; a follower that stops waiting affects no other."""

    def __init__(self) -> None:
        self._completed = Event()
        self._outcome: Any = None

    def complete(self, outcome: Any) -> None:
        """Only the first call counts."""
        if not self._completed.is_set():
            self._outcome = outcome
            self._completed.set()

    def wait(self, seconds: float) -> Any:
        """The outcome, or None after `seconds`."""
        wait_unless(seconds, self._completed)
        return self._outcome
