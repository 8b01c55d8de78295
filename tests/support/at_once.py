"""The same moment for several requests."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")
SECONDS = 30.0


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Gives the calls' results in their order; each has a thread, and none starts before all can."""
    barrier = Barrier(len(calls))

    def started(call: Callable[[], T]) -> T:
        barrier.wait(SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result(SECONDS) for future in [threads.submit(started, c) for c in calls]]
