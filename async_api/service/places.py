"""Admission control: a worker handles IN_FLIGHT requests concurrently; others wait for a place, in order."""

from time import monotonic

from shared.http import deadlines
from shared.http.errors import unavailable
from shared.service.metrics import Metrics
from shared.service.serving import most_waiting
from shared.service.settings import Settings

from .waiting import FairQueue


class Places:
    """A fair semaphore with a bounded wait, observed as http_queue_seconds."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._seconds = settings.acquire_timeout
        self._most = most_waiting(settings)
        self._metrics = metrics
        self._free: FairQueue[None] = FairQueue()
        for _ in range(settings.in_flight):
            self._free.put(None)

    async def take(self) -> bool:
        """Whether a place was free within ACQUIRE_TIMEOUT; if not, the view answers 503.

        Raises a 503 at once when `most_waiting` others wait.
        """
        if self._free.waiting >= self._most:
            raise unavailable("Too many requests wait.")
        started, admitted = monotonic(), True
        try:
            await self._free.take(self._seconds)
        except TimeoutError:
            admitted = False
        waited = monotonic() - started
        deadlines.queued(waited, admitted)
        self._metrics.queue.observe(waited)
        return admitted

    def give_back(self) -> None:
        self._free.put(None)
