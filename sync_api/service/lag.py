"""Scheduling lag of a worker: its event loop or interpreter is busy, or it has no core."""

from time import monotonic

from shared.service import runtime_facts
from shared.service.metrics import Metrics

from .waiting import pause, scheduler

# Ten samples a second have no measurable cost and catch nearly every stall above 100 ms. Shorter stalls are sampled in
# proportion to their length, so the mean holds for them as well.
SECONDS = 0.1


class Lag:
    """Sleeps repeatedly and records by how much it wakes up late."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._closed = False

    def watch(self) -> None:
        """Run until `close`."""
        runtime_facts.scheduler(self._metrics, type(scheduler()))
        while not self._closed:
            due = monotonic() + SECONDS
            pause(SECONDS)
            self._metrics.lag.observe(max(0.0, monotonic() - due))

    def close(self) -> None:
        """`watch` ends within SECONDS."""
        self._closed = True
