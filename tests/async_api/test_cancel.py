"""The helper that cancels at a suspension point cancels at that one and no other."""

import asyncio

import pytest

from tests.support.cancel import cancel_at, cancel_everywhere

pytestmark = pytest.mark.asyncio


async def three_steps(seen: list[int]) -> str:
    for number in (1, 2, 3):
        await asyncio.sleep(0.001)
        seen.append(number)
    return "done"


@pytest.mark.parametrize("n", [1, 2, 3])
async def test_a_coroutine_is_cancelled_at_the_given_suspension(n: int) -> None:
    seen: list[int] = []
    cancelled = await cancel_at(n, three_steps(seen))
    assert (cancelled.reached, cancelled.task.cancelled(), seen) == (True, True, list(range(1, n)))


async def test_a_coroutine_that_ends_earlier_returns_its_value() -> None:
    cancelled = await cancel_at(4, three_steps([]))
    assert (cancelled.reached, cancelled.value) == (False, "done")


async def test_a_late_cancel_comes_when_the_awaited_future_is_done_and_its_task_asleep() -> None:
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(cancel_at(1, _wait_for(future), late=True))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    future.set_result("arrived")
    cancelled = await running
    assert (cancelled.reached, cancelled.task.cancelled(), future.result()) == (True, True, "arrived")


@pytest.mark.parametrize("late", [False, True])
async def test_cancel_everywhere_visits_each_suspension_point_once(late: bool) -> None:
    seen: list[list[int]] = []

    async def fresh() -> str:
        seen.append([])
        return await three_steps(seen[-1])

    values = [value async for value in cancel_everywhere(fresh, late=late)]
    assert values == [None] * 3
    assert seen == [[], [1], [1, 2], [1, 2, 3]]


async def test_the_value_of_a_coroutine_that_survives_its_cancel_is_kept() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            return "kept"
        return "slept"

    cancelled = await cancel_at(1, stubborn())
    assert (cancelled.reached, cancelled.value) == (True, "kept")


async def _wait_for(future: "asyncio.Future[str]") -> str:
    return await future
