"""The pool and its transactions, cancelled at each suspension: no connection is lost, no write is partial."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from async_api.database.connection import Connection
from async_api.database.database import Database
from async_api.database.pool import Pool
from async_api.service.background import Background
from shared.database.outcomes import Committed, Refused
from shared.http.errors import Problem
from shared.service.metrics import Metrics
from tests.support.cancel import cancel_at, cancel_everywhere
from tests.support.sides import Side
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio
SECONDS = 5.0
SIZE = 2
SOON = 2.0  # well before the end of a slow statement
ONE_MORE = "UPDATE products SET stock = stock + 1 WHERE id = %s"
STOCKS = "SELECT stock FROM products WHERE id IN (1, 2) ORDER BY id"
EITHER = pytest.mark.parametrize("late", [False, True], ids=["waiting", "late"])


@dataclass(frozen=True)
class Opened:
    """A pool of two, statements through it, and its sessions at the server."""

    pool: Pool
    database: Database
    side: Side

    async def is_whole(self) -> None:
        """Whether all connections can be taken at once and work; then returns them."""
        taken = [await self.pool.acquire() for _ in range(SIZE)]
        for connection in taken:
            result = await connection.run("SELECT 1")
            assert result.rows == ((1,),)
            self.pool.release(connection)
        await _comes(lambda: len(self.side.seen()) <= SIZE and self.side.busy() == 0, "no session but the pool's")


@pytest_asyncio.fixture
async def opened(side: Side) -> AsyncIterator[Opened]:
    background, metrics = Background(), Metrics()
    pool = Pool(side.settings(pool=SIZE, acquire_timeout=SECONDS), background, metrics)
    await pool.open()
    yield Opened(pool, Database(pool, metrics), side)
    await background.close(SECONDS)
    await pool.close(SECONDS)


@EITHER
async def test_taking_a_connection_that_has_to_be_opened_loses_no_slot(opened: Opened, late: bool) -> None:
    points = 0
    async for connection in cancel_everywhere(lambda: _taken_anew(opened.pool), late=late):
        points += 1
        assert connection is None
    assert points >= 2
    await opened.is_whole()


@EITHER
async def test_a_read_that_is_cancelled_leaves_the_pool_whole(opened: Opened, late: bool) -> None:
    points = 0
    async for _ in cancel_everywhere(lambda: opened.database.read("SELECT SLEEP(0.05)"), late=late):
        points += 1
        await opened.is_whole()
    assert points >= 1


@EITHER
async def test_a_write_that_is_cancelled_is_written_in_full_or_not_at_all(opened: Opened, late: bool) -> None:
    before = await opened.database.read(STOCKS)
    points = 0
    async for _ in cancel_everywhere(lambda: opened.database.write(_two_more), late=late):
        points += 1
        await opened.is_whole()
        after = await opened.database.read(STOCKS)
        assert after[0][0] - before[0][0] == after[1][0] - before[1][0]
    assert points >= 4  # begin, two statements, commit


async def test_a_write_that_is_cancelled_before_its_commit_writes_nothing(opened: Opened) -> None:
    before = await opened.database.read(STOCKS)
    for n in (1, 2, 3):
        cancelled = await cancel_at(n, opened.database.write(_two_more))
        assert (cancelled.reached, cancelled.task.cancelled()) == (True, True)
    await opened.is_whole()
    assert await opened.database.read(STOCKS) == before


async def test_a_waiter_is_served_when_the_holder_is_cancelled(opened: Opened) -> None:
    holders = [asyncio.create_task(opened.database.read("SELECT SLEEP(4.5)")) for _ in range(SIZE)]
    await _comes(lambda: opened.side.busy() == SIZE, "all connections are in use")
    waiting = asyncio.create_task(opened.database.read("SELECT 2"))
    await asyncio.sleep(0.01)
    holders[0].cancel()
    assert await asyncio.wait_for(waiting, 1) == ((2,),)
    holders[1].cancel()
    await asyncio.wait(holders)
    await opened.is_whole()


@EITHER
async def test_a_waiter_that_is_cancelled_passes_its_turn_on(opened: Opened, late: bool) -> None:
    held = [await opened.pool.acquire() for _ in range(SIZE)]
    gone = asyncio.create_task(cancel_at(1, opened.pool.acquire(), late=late))
    following = asyncio.create_task(opened.pool.acquire())
    await asyncio.sleep(0.01)
    opened.pool.release(held[0])
    cancelled = await gone
    assert cancelled.task.cancelled()
    assert await asyncio.wait_for(following, 1) is held[0]
    for connection in held:
        opened.pool.release(connection)
    await opened.is_whole()


async def test_a_wait_that_times_out_is_refused_and_loses_nothing(opened: Opened) -> None:
    pool = Pool(opened.side.settings(pool=1, acquire_timeout=0.05), Background(), Metrics())
    await pool.open()
    held = await pool.acquire()
    with pytest.raises(Problem) as refused:
        await pool.acquire()
    assert refused.value.status == 503
    pool.release(held)
    assert await pool.acquire() is held
    pool.release(held)
    await pool.close(SECONDS)


async def test_a_refused_write_is_a_value_and_leaves_the_pool_whole(opened: Opened) -> None:
    async def refuse(connection: Connection) -> None:
        await connection.run(ONE_MORE, 1)
        raise Problem(409, "not so")

    before = await opened.database.read(STOCKS)
    outcome = await opened.database.write(refuse)
    assert isinstance(outcome, Refused)
    assert outcome.problem.status == 409
    assert await opened.database.read(STOCKS) == before
    assert isinstance(await opened.database.write(_two_more), Committed)
    await opened.is_whole()


async def test_many_reads_with_many_cancels_leave_the_pool_whole(opened: Opened) -> None:
    reads = [asyncio.create_task(opened.database.read("SELECT SLEEP(0.01)")) for _ in range(30)]
    for number, read in enumerate(reads):
        await asyncio.sleep(0.002)
        if number % 3 == 0:
            read.cancel()
    outcomes = await asyncio.gather(*reads, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} <= {tuple, asyncio.CancelledError}
    assert sum(outcome == ((0,),) for outcome in outcomes) >= 20
    await opened.is_whole()


async def _taken_anew(pool: Pool) -> None:
    pool.suspect()  # so that each taken connection has to be opened
    connection = await pool.acquire()
    pool.release(connection)


async def _two_more(connection: Connection) -> None:
    await connection.run(ONE_MORE, 1)
    await connection.run(ONE_MORE, 2)


async def _comes(so: Callable[[], Any], what: str) -> None:
    await asyncio.to_thread(wait_until, so, what, SOON)
