"""What waits for a connection is served in turn, on both twins alike."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from async_api.database.slots import ConnectionSlots as AsyncStock
from sync_api.database.slots import ConnectionSlots as SyncStock


def test_in_sync_a_newcomer_does_not_overtake_one_who_waits() -> None:
    stock: SyncStock[str] = SyncStock()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(stock.take, 5.0)
        time.sleep(0.1)
        stock.put("the only one")
        with pytest.raises(TimeoutError):
            stock.take(0.1)
        assert waiting.result(5) == "the only one"


def test_in_async_a_newcomer_does_not_overtake_one_who_waits() -> None:
    async def scene() -> str:
        stock: AsyncStock[str] = AsyncStock()
        waiting = asyncio.create_task(stock.take(5.0))
        await asyncio.sleep(0.1)
        stock.put("the only one")
        with pytest.raises(TimeoutError):
            await stock.take(0.1)
        return await waiting

    assert asyncio.run(scene()) == "the only one"


def test_what_was_put_back_last_is_taken_first_and_nothing_is_lost_to_those_who_gave_up() -> None:
    stock: SyncStock[int] = SyncStock()
    with pytest.raises(TimeoutError):
        stock.take(0.01)
    for item in (1, 2, 3):
        stock.put(item)
    assert [stock.take(0.1) for _ in "123"] == [3, 2, 1]


def test_many_threads_share_two_items_without_losing_one() -> None:
    stock: SyncStock[int] = SyncStock()
    for item in (1, 2):
        stock.put(item)

    def use(_: int) -> bool:
        try:
            item = stock.take(0.0005)
        except TimeoutError:
            return False
        stock.put(item)
        return True

    with ThreadPoolExecutor(16) as threads:
        assert any(threads.map(use, range(5000)))
    assert sorted(stock.take(0.1) for _ in "12") == [1, 2]
