"""The seam of work that outlives its request: what must be finished, and what nobody waits for."""

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
    """Runs at most LIMIT calls behind the answers; what comes on top of that is dropped and logged."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._writes: set[asyncio.Task[Any]] = set()

    async def run_to_completion(self, call: Call[P, T], *values: P.args, **named: P.kwargs) -> T:
        """The call's result; the call goes on to its end even when the client has gone away."""
        task = _start(self._writes, call, *values, **named)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_report)  # nobody else looks at what it raises
            raise

    def submit(self, call: Call[P, None], *values: P.args, **named: P.kwargs) -> bool:
        """Runs the call some time soon; tells whether there is room for it."""
        if len(self._tasks) >= LIMIT:
            log.warning("background work dropped")
            return False
        _start(self._tasks, call, *values, **named).add_done_callback(_report)
        return True

    async def close(self, seconds: float) -> None:
        """Waits at most `seconds` for what is still running."""
        if running := self._tasks | self._writes:
            await asyncio.wait(running, timeout=seconds)


def _start(kept: set[asyncio.Task[Any]], call: Call[P, T], *values: P.args, **named: P.kwargs) -> asyncio.Task[T]:
    task: asyncio.Task[T] = asyncio.ensure_future(call(*values, **named))
    kept.add(task)  # the loop itself holds tasks only weakly
    task.add_done_callback(kept.discard)
    return task


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.warning("background work failed: %s", task.exception())
