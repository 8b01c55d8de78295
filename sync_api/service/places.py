"""The places in which a worker handles requests: IN_FLIGHT at once, and a bounded wait for one of them."""

from time import monotonic

from shared.http import deadlines
from shared.service.metrics import Metrics
from shared.service.settings import Settings

from .waiting import FairQueue


class Places:
    """Whoever took a place gives it back."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._seconds = settings.acquire_timeout
        self._metrics = metrics
        self._free: FairQueue[None] = FairQueue()
        for _ in range(settings.in_flight):
            self._free.put(None)

    def take(self) -> bool:
        """Whether there was a place in time; without one the request's view refuses it."""
        started = monotonic()
        try:
            self._free.take(self._seconds)
            admitted = True
        except TimeoutError:
            admitted = False
        waited = monotonic() - started
        deadlines.queued(waited, admitted)
        self._metrics.queue.observe(waited)
        return admitted

    def give_back(self) -> None:
        """Ends a request."""
        self._free.put(None)
