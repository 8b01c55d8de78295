"""A flight: what one makes and others wait for."""

from typing import Any

from ..service.waiting import Event, wait_unless


class Flight:
    """Lands once, with an outcome for all who wait; whoever gives up waiting disturbs nobody else."""

    def __init__(self) -> None:
        self._landed = Event()
        self._outcome: Any = None

    def land(self, outcome: Any) -> None:
        """Gives the outcome to all who wait; the first one counts."""
        if not self._landed.is_set():
            self._outcome = outcome
            self._landed.set()

    def wait(self, seconds: float) -> Any:
        """Gives the outcome, or None after `seconds`."""
        wait_unless(seconds, self._landed)
        return self._outcome
