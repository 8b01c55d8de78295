"""Calls that start at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")
SECONDS = 30.0


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Results in the order of the calls; each runs in a thread, released by a barrier."""
    barrier = Barrier(len(calls))

    def started(call: Callable[[], T]) -> T:
        barrier.wait(SECONDS)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result(SECONDS) for future in [threads.submit(started, c) for c in calls]]
