"""How late a worker is to do what is due: its event loop is busy, or its interpreter is, or it has no core."""

from time import monotonic

from shared.service import runtime_facts
from shared.service.metrics import Metrics

from .waiting import pause, scheduler

# Ten alarms a second cost nothing that could be measured, and catch what holds a worker for longer than a tenth of a
# second nearly always. What is shorter is caught by chance, in proportion to its length, so the mean still tells.
SECONDS = 0.1


class Lag:
    """Sets an alarm again and again, and counts by how much it is late."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._closed = False

    def watch(self) -> None:
        """Watches until it is closed."""
        runtime_facts.scheduler(self._metrics, type(scheduler()))
        while not self._closed:
            due = monotonic() + SECONDS
            pause(SECONDS)
            self._metrics.lag.observe(max(0.0, monotonic() - due))

    def close(self) -> None:
        """Ends the watch at its next alarm."""
        self._closed = True
