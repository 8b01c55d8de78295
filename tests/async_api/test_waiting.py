"""The queue of places and connections: with cancels and time-outs no item is lost and the order is kept."""

import asyncio
import random
import time

import pytest

from async_api.service.waiting import FairQueue, wait_unless
from tests.support.cancel import cancel_at

pytestmark = pytest.mark.asyncio
LONG = 5.0
TURNS = 3  # of the loop, until every task that can continue has done so


async def test_a_waiter_that_is_cancelled_while_it_waits_takes_nothing() -> None:
    queue: FairQueue[str] = FairQueue()
    cancelled = await cancel_at(1, queue.take(LONG))
    assert (cancelled.reached, cancelled.task.cancelled()) == (True, True)
    queue.put("item")
    assert (queue.free, await queue.take(LONG)) == (1, "item")


async def test_taking_a_free_item_never_waits() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("item")
    cancelled = await cancel_at(1, queue.take(LONG))
    assert (cancelled.reached, cancelled.value) == (False, "item")


async def test_a_waiter_that_is_cancelled_in_the_turn_of_its_hand_over_leaves_the_item() -> None:
    queue: FairQueue[str] = FairQueue()
    running = asyncio.create_task(cancel_at(1, queue.take(LONG), late=True))
    await _turns()
    queue.put("item")
    cancelled = await running
    assert cancelled.task.cancelled()
    assert (queue.free, await queue.take(LONG)) == (1, "item")


async def test_an_item_left_by_a_cancelled_waiter_goes_to_the_next_waiter() -> None:
    queue: FairQueue[str] = FairQueue()
    running = asyncio.create_task(cancel_at(1, queue.take(LONG), late=True))
    await _turns()
    following = asyncio.create_task(queue.take(LONG))
    await _turns()
    queue.put("item")
    assert (await running).task.cancelled()
    assert await asyncio.wait_for(following, 1) == "item"


@pytest.mark.parametrize("gone", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)], ids=str)
async def test_the_remaining_waiters_keep_their_order_when_others_are_cancelled(gone: tuple[int, ...]) -> None:
    queue: FairQueue[int] = FairQueue()
    served: list[int] = []
    waiting = [asyncio.create_task(_served(queue, number, served)) for number in range(4)]
    await _turns()
    for number in gone:
        waiting[number].cancel()
    for item in range(4 - len(gone)):
        queue.put(item)
    await asyncio.wait(waiting)
    assert served == [number for number in range(4) if number not in gone]


async def test_a_newcomer_does_not_overtake_a_sleeping_waiter_with_an_item() -> None:
    queue: FairQueue[str] = FairQueue()
    first = asyncio.create_task(queue.take(LONG))
    await _turns()
    queue.put("item")
    with pytest.raises(TimeoutError):
        await queue.take(0.05)
    assert await first == "item"


@pytest.mark.parametrize("put_after", [0.009, 0.01, 0.011])
async def test_a_time_out_in_the_turn_of_the_hand_over_loses_no_item(put_after: float) -> None:
    queue: FairQueue[str] = FairQueue()
    waiting = asyncio.create_task(queue.take(0.01))
    await _turns()
    asyncio.get_running_loop().call_later(put_after, queue.put, "item")
    time.sleep(0.05)  # noqa: ASYNC251 (the loop stands still, so that both are due in one turn)
    (outcome,) = await asyncio.gather(waiting, return_exceptions=True)
    assert outcome == "item" or isinstance(outcome, TimeoutError)
    assert queue.free == (0 if outcome == "item" else 1)
    if outcome != "item":
        assert await queue.take(0.01) == "item"


async def test_a_time_out_in_the_turn_of_the_hand_over_hands_the_item_on() -> None:
    queue: FairQueue[str] = FairQueue()
    hasty, patient = asyncio.create_task(queue.take(0.01)), asyncio.create_task(queue.take(LONG))
    await _turns()
    asyncio.get_running_loop().call_later(0.011, queue.put, "item")
    time.sleep(0.05)  # noqa: ASYNC251
    outcomes = await asyncio.wait_for(asyncio.gather(hasty, _or_none(patient), return_exceptions=True), 1)
    assert [outcome == "item" for outcome in outcomes].count(True) == 1
    patient.cancel()


async def test_a_take_without_time_returns_a_free_item_and_never_waits() -> None:
    queue: FairQueue[str] = FairQueue()
    with pytest.raises(TimeoutError):
        await queue.take(0.0)
    queue.put("item")
    assert await queue.take(0.0) == "item"


async def test_the_item_put_back_last_is_taken_first() -> None:
    queue: FairQueue[int] = FairQueue()
    for item in (1, 2, 3):
        queue.put(item)
    assert [await queue.take(LONG) for _ in "123"] == [3, 2, 1]


async def test_a_storm_of_time_outs_and_cancels_loses_no_item() -> None:
    queue: FairQueue[int] = FairQueue()
    for item in (1, 2):
        queue.put(item)
    chance = random.Random(7)
    tasks = [asyncio.create_task(_use(queue, chance.random() / 200)) for _ in range(500)]
    for task in tasks:
        await asyncio.sleep(0)
        if chance.random() < 0.3:
            task.cancel()
    await asyncio.wait(tasks)
    assert sorted([await queue.take(0.0), await queue.take(0.0)]) == [1, 2]


async def test_a_pause_ends_with_its_event_and_is_cancelled_cleanly() -> None:
    event = asyncio.Event()
    cancelled = await cancel_at(1, wait_unless(LONG, event))
    assert cancelled.task.cancelled()
    assert await wait_unless(0.01, event)
    event.set()
    assert not await wait_unless(LONG, event)


async def _served(queue: FairQueue[int], number: int, served: list[int]) -> None:
    await queue.take(LONG)
    served.append(number)


async def _use(queue: FairQueue[int], seconds: float) -> None:
    try:
        item = await queue.take(seconds)
    except TimeoutError:
        return
    try:
        await asyncio.sleep(0.0005)
    finally:
        queue.put(item)


async def _or_none(task: "asyncio.Task[str]") -> str | None:
    done, _ = await asyncio.wait([task], timeout=0.2)
    return task.result() if done else None


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)
