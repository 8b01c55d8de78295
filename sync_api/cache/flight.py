"""A flight: what one loads and others wait for."""

from typing import Any

from ..service.waiting import Event, wait_unless


class Flight:
    """Completes once, with an outcome for all who wait; whoever gives up waiting disturbs nobody else."""

    def __init__(self) -> None:
        self._completed = Event()
        self._outcome: Any = None

    def complete(self, outcome: Any) -> None:
        """The first outcome counts."""
        if not self._completed.is_set():
            self._outcome = outcome
            self._completed.set()

    def wait(self, seconds: float) -> Any:
        """Return the outcome, or None after `seconds`."""
        wait_unless(seconds, self._completed)
        return self._outcome
