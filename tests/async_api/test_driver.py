"""The driver and a connection, cancelled at each suspension: nothing stays open, and nothing keeps running."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from async_api.database import driver
from async_api.database.connection import Connection, open_connection
from async_api.service.background import Background
from shared.database.faults import ConnectionLost, ConnectTimedOut, NoAnswerInTime
from shared.http import deadlines
from tests.support.cancel import cancel_at, cancel_everywhere
from tests.support.sides import Side
from tests.support.waiting import wait_until

pytestmark = pytest.mark.asyncio
SECONDS = 5.0
SLOW = "SELECT SLEEP(4.5)"
SOON = 2.0  # well before the end of the slow statement
EITHER = pytest.mark.parametrize("late", [False, True], ids=["waiting", "late"])


@pytest_asyncio.fixture
async def background() -> AsyncIterator[Background]:
    made = Background()
    yield made
    await made.close(SECONDS)


@EITHER
async def test_a_connect_that_is_cancelled_leaves_no_session(side: Side, late: bool) -> None:
    points = 0
    async for raw in cancel_everywhere(lambda: driver.connect(side.settings(), SECONDS), late=late):
        points += 1
        if raw is not None:
            driver.close(raw)
    assert points >= 2
    await _comes(lambda: not side.seen(), "no session is left but that of the last, whose owner is gone")


@EITHER
async def test_an_opening_that_is_cancelled_leaves_no_session(side: Side, background: Background, late: bool) -> None:
    points = 0
    async for connection in cancel_everywhere(lambda: open_connection(side.settings(), background), late=late):
        points += 1
        if connection is not None:
            connection.close()
    assert points >= 2
    await _comes(lambda: not side.seen(), "no session is left")


@EITHER
async def test_a_statement_that_is_cancelled_breaks_its_connection_and_is_killed(
    side: Side, background: Background, late: bool
) -> None:
    statement = "SELECT SLEEP(0.01)" if late else SLOW
    connection = await open_connection(side.settings(), background)
    cancelled = await cancel_at(1, connection.run(statement), late=late)
    assert (cancelled.reached, cancelled.task.cancelled(), connection.broken) == (True, True, True)
    await _comes(lambda: side.busy() == 0, "the statement is gone")
    connection.close()


async def test_a_statement_that_is_cancelled_is_killed_at_the_server_at_once(
    side: Side, background: Background
) -> None:
    connection = await open_connection(side.settings(), background)
    running = asyncio.create_task(connection.run(SLOW))
    await _comes(lambda: side.busy() == 1, "the statement runs")
    running.cancel()
    started = time.monotonic()
    await asyncio.wait([running])
    await _comes(lambda: side.busy() == 0, "the statement is gone")
    assert time.monotonic() - started < 1.5
    connection.close()


@EITHER
@pytest.mark.parametrize("call", ["begin", "commit", "roll_back"])
async def test_a_connection_whose_transaction_is_cancelled_at_its_edge_is_never_reused(
    side: Side, background: Background, call: str, late: bool
) -> None:
    connection = await _in_a_transaction(side, background, call)
    cancelled = await cancel_at(1, getattr(connection, call)(), late=late)
    assert cancelled.task.cancelled()
    assert connection.broken or connection.begun
    connection.close()
    await _comes(lambda: not side.seen(), "the session is gone")


@pytest.mark.parametrize("seconds", [0.002, 0.3])
async def test_a_statement_gets_the_time_left_of_its_request(
    side: Side, background: Background, seconds: float
) -> None:
    connection = await open_connection(side.settings(), background)
    started = time.monotonic()
    with pytest.raises(NoAnswerInTime):
        await asyncio.create_task(_run_within(connection, seconds))
    assert seconds <= time.monotonic() - started < seconds + 0.8
    assert connection.broken
    await _comes(lambda: side.busy() == 0, "the statement is gone")
    connection.close()


async def test_a_silent_server_times_out_and_its_connection_is_closed(side: Side) -> None:
    closed = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        closed.set()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(ConnectTimedOut):
        await driver.connect(side.settings(database_url=f"mysql://nobody@127.0.0.1:{port}/none"), 0.2)
    await asyncio.wait_for(closed.wait(), 1)
    server.close()


async def test_a_server_that_refuses_tls_keeps_no_session(side: Side) -> None:
    try:
        raw = await driver.connect(side.settings(database_tls="on"), SECONDS)
    except ConnectionLost:
        await _comes(lambda: not side.seen(), "no session is left")
    else:
        result = await driver.execute(raw, "SHOW SESSION STATUS LIKE 'Ssl_cipher'", (), SECONDS)
        driver.close(raw)
        assert result.rows[0][1].startswith("TLS")


async def test_a_kill_completes_when_its_request_is_gone(side: Side, background: Background) -> None:
    connection = await open_connection(side.settings(), background)

    async def request() -> None:
        running = asyncio.create_task(connection.run(SLOW))
        await asyncio.sleep(0.2)
        running.cancel()
        await asyncio.wait([running])

    cancelled = await cancel_at(2, request())
    assert cancelled.reached
    await background.close(SECONDS)
    await _comes(lambda: side.busy() == 0, "the statement is gone")
    connection.close()


async def _in_a_transaction(side: Side, background: Background, call: str) -> Connection:
    connection = await open_connection(side.settings(), background)
    if call != "begin":
        await connection.begin()
    return connection


async def _run_within(connection: Connection, seconds: float) -> None:
    deadlines.start(seconds)
    await connection.run(SLOW)


async def _comes(so: Callable[[], object], what: str) -> None:
    await asyncio.to_thread(wait_until, so, what, SOON)
