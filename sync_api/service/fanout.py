"""The seam of doing independent reads at the same time."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import Any

from shared.service.settings import Settings

from .background import Call

_WIDTH = 4


class Fanout:
    """Runs independent calls side by side, or one after the other when FANOUT is serial."""

    def __init__(self, settings: Settings) -> None:
        self._parallel = settings.fanout == "parallel"
        # As many threads as reads can be under way, so that the reads wait in the pool and nowhere else.
        self._threads = ThreadPoolExecutor(settings.in_flight * _WIDTH, "fanout")

    def gather(self, *calls: Call[[], Any]) -> list[Any]:
        """Gives the calls' results in their order; waits for all, then raises the first failure."""
        if not self._parallel:
            return [call() for call in calls]
        futures = [self._threads.submit(copy_context().run, call) for call in calls]
        wait(futures)
        return [future.result() for future in futures]

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
