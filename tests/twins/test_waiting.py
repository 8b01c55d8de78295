"""Waiters for a connection are served in order, on both twins."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from async_api.service.waiting import FairQueue as AsyncQueue
from sync_api.service.waiting import FairQueue as SyncQueue


def test_in_sync_a_newcomer_does_not_overtake_a_waiter() -> None:
    queue: SyncQueue[str] = SyncQueue()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(queue.take, 5.0)
        time.sleep(0.1)
        queue.put("the only one")
        with pytest.raises(TimeoutError):
            queue.take(0.1)
        assert waiting.result(5) == "the only one"


def test_in_async_a_newcomer_does_not_overtake_a_waiter() -> None:
    async def scene() -> str:
        queue: AsyncQueue[str] = AsyncQueue()
        waiting = asyncio.create_task(queue.take(5.0))
        await asyncio.sleep(0.1)
        queue.put("the only one")
        with pytest.raises(TimeoutError):
            await queue.take(0.1)
        return await waiting

    assert asyncio.run(scene()) == "the only one"


def test_the_item_put_back_last_is_taken_first_and_none_is_lost_to_time_outs() -> None:
    queue: SyncQueue[int] = SyncQueue()
    with pytest.raises(TimeoutError):
        queue.take(0.01)
    for item in (1, 2, 3):
        queue.put(item)
    assert [queue.take(0.1) for _ in "123"] == [3, 2, 1]


def test_many_threads_share_two_items_without_losing_any() -> None:
    queue: SyncQueue[int] = SyncQueue()
    for item in (1, 2):
        queue.put(item)

    def use(_: int) -> bool:
        try:
            item = queue.take(0.0005)
        except TimeoutError:
            return False
        queue.put(item)
        return True

    with ThreadPoolExecutor(16) as threads:
        assert any(threads.map(use, range(5000)))
    assert sorted(queue.take(0.1) for _ in "12") == [1, 2]
