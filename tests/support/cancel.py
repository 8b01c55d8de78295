"""Cancel a coroutine at its n-th suspension point, or at each of them in turn."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cancelled(Generic[T]):
    """A finished task; `reached` is False when it finished before its n-th suspension."""

    reached: bool
    task: "asyncio.Task[T]"

    @property
    def value(self) -> T | None:
        """The result of a coroutine that survived the cancel, else None; raises any error but CancelledError."""
        return None if self.task.cancelled() else self.task.result()


async def cancel_at(n: int, coroutine: Coroutine[Any, Any, T], *, late: bool = False) -> Cancelled[T]:
    """Run the coroutine in a task and cancel it at its n-th suspension, counted from 1.

    With `late`, cancel in the iteration of the loop in which the awaited future is done but the task not yet resumed.
    """
    counted = _Counted(n, coroutine, late)
    task = asyncio.create_task(_awaited(counted))
    await asyncio.wait([task])
    return Cancelled(counted.reached, task)


async def cancel_everywhere(
    make: Callable[[], Coroutine[Any, Any, T]], *, late: bool = False
) -> AsyncIterator[T | None]:
    """Call `cancel_at` with 1, 2, ... and a fresh coroutine each time, until one finishes before its cancel.

    Yields after each cancel, so that the test can check the state left behind.
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
            except BaseException as error:  # noqa: BLE001 (passed on to the coroutine)
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
