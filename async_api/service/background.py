"""Seam: work that must outlive its request, and background work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeAlias, TypeVar

T = TypeVar("T")
P = ParamSpec("P")
Call: TypeAlias = Callable[P, Awaitable[T]]

LIMIT = 64
log = logging.getLogger(__name__)


class Background:
    """Runs at most LIMIT background calls; more are dropped and logged."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._writes: set[asyncio.Task[Any]] = set()

    async def run_to_completion(self, call: Call[P, T], *values: P.args, **named: P.kwargs) -> T:
        """Shielded: the call runs to its end even when the client disconnects."""
        task = _start(self._writes, call, *values, **named)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_report)  # no one else retrieves its exception
            raise

    def submit(self, call: Call[P, None], *values: P.args, **named: P.kwargs) -> bool:
        """Schedule a call; False when LIMIT calls are pending."""
        if len(self._tasks) >= LIMIT:
            log.warning("background work dropped: %d calls are pending", LIMIT)
            return False
        _start(self._tasks, call, *values, **named).add_done_callback(_report)
        return True

    async def close(self, seconds: float) -> None:
        """Wait at most `seconds` for running calls."""
        if running := self._tasks | self._writes:
            await asyncio.wait(running, timeout=seconds)


def _start(kept: set[asyncio.Task[Any]], call: Call[P, T], *values: P.args, **named: P.kwargs) -> asyncio.Task[T]:
    task: asyncio.Task[T] = asyncio.ensure_future(call(*values, **named))
    kept.add(task)  # the loop holds only weak references to tasks
    task.add_done_callback(kept.discard)
    return task


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("background work failed: %s", task.exception())
