"""Seam: work that must outlive its request, and background work."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, ParamSpec, TypeAlias, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
Call: TypeAlias = Callable[P, T]

LIMIT = 64
_THREADS = 5  # one of them runs the lag probe
log = logging.getLogger(__name__)


class Background:
    """Runs at most LIMIT background calls; more are dropped and logged."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "background")
        self._futures: set[Future[Any]] = set()

    def run_to_completion(self, call: Call[P, T], *values: P.args, **named: P.kwargs) -> T:
        """Shielded: the call runs to its end even when the client disconnects."""
        return call(*values, **named)

    def submit(self, call: Call[P, None], *values: P.args, **named: P.kwargs) -> bool:
        """Schedule a call; False when LIMIT calls are pending."""
        if len(self._futures) >= LIMIT:
            log.warning("background work dropped: %d calls are pending", LIMIT)
            return False
        future = self._threads.submit(call, *values, **named)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        future.add_done_callback(_report)
        return True

    def close(self, seconds: float) -> None:
        """Wait at most `seconds` for running calls."""
        wait(tuple(self._futures), timeout=seconds)
        self._threads.shutdown(wait=False, cancel_futures=True)


def _report(future: Future[Any]) -> None:
    if not future.cancelled() and future.exception() is not None:
        log.warning("background work failed: %s", future.exception())
