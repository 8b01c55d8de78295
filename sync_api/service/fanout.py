"""Seam: concurrent calls."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any

from shared.service.settings import Settings

from .background import Call

_WIDTH = 4


class Fanout:
    """Runs independent calls concurrently, or serially with FANOUT=serial."""

    def __init__(self, settings: Settings) -> None:
        self._parallel = settings.fanout == "parallel"
        # Enough threads for all reads, so that they queue for connections only.
        self._threads = ThreadPoolExecutor(settings.in_flight * _WIDTH, "fanout")

    def gather(self, *calls: Call[[], Any]) -> list[Any]:
        """Results in the order of the calls; waits for all, then raises the first failure."""
        if not self._parallel:
            return [call() for call in calls]
        futures = [self._threads.submit(copy_context().run, call) for call in calls]
        wait(futures)
        return [future.result() for future in futures]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
