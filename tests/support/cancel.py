"""Cancelling a coroutine at each of its suspension points, one after the other."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cancelled(Generic[T]):
    """A task that has ended; `reached` is False when it ended before its n-th suspension."""

    reached: bool
    task: "asyncio.Task[T]"

    @property
    def value(self) -> T | None:
        """What the coroutine returned in spite of the cancel; raises any error but the cancel itself."""
        return None if self.task.cancelled() else self.task.result()


async def cancel_at(n: int, coroutine: Coroutine[Any, Any, T], *, late: bool = False) -> Cancelled[T]:
    """Runs the coroutine in a task, which is cancelled at its n-th suspension, counted from 1.

    With `late` the cancel comes in the turn of the loop in which the awaited future is done and the task not yet awake.
    """
    counted = _Counted(n, coroutine, late)
    task = asyncio.create_task(_awaited(counted))
    await asyncio.wait([task])
    return Cancelled(counted.reached, task)


async def cancel_everywhere(
    make: Callable[[], Coroutine[Any, Any, T]], *, late: bool = False
) -> AsyncIterator[T | None]:
    """Runs a fresh coroutine for each suspension point, cancelled there, until one ends before its cancel.

    Yields after each of the cancelled ones, for the test to look at what is left.
    """
    for n in itertools.count(1):
        cancelled = await cancel_at(n, make(), late=late)
        if not cancelled.reached:
            assert n > 1, "the coroutine never waits"
            cancelled.task.result()
            return
        yield cancelled.value


class _Counted(Generic[T]):
    def __init__(self, n: int, coroutine: Coroutine[Any, Any, T], late: bool) -> None:
        self._n = n
        self._coroutine = coroutine
        self._late = late
        self.reached = False

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._coroutine.__await__()
        resume: Callable[[], Any] = partial(next, steps)
        for number in itertools.count(1):
            try:
                future = resume()
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return] # StopIteration has no type of its value
            if number == self._n:
                self._cancel(future)
            try:
                yield future
                resume = partial(next, steps)
            except BaseException as error:  # noqa: BLE001 (whatever it is, the coroutine hears it)
                resume = partial(steps.throw, error)
        raise AssertionError("the coroutine ends or raises")

    def _cancel(self, future: Any) -> None:
        self.reached = True
        task = asyncio.current_task()
        assert task is not None
        if self._late and isinstance(future, asyncio.Future):
            future.add_done_callback(lambda _: task.cancel())
        else:
            task.cancel()


async def _awaited(counted: _Counted[T]) -> T:
    return await counted
