"""Both pools: bounded, opened before traffic, fair to waiters, and self-healing."""

import time
from collections.abc import Iterator
from concurrent.futures import wait
from typing import Any

import pytest

from shared.database.faults import ConnectionLost
from shared.database.outcomes import Committed, Unknown
from shared.http.errors import Problem
from tests.support.obstacles import refusing_address
from tests.support.sides import SIDES, Side, server_of, side_of
from tests.support.waiting import wait_until

SECONDS = 20.0


@pytest.fixture(params=SIDES, ids="-".join)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    name, kind = request.param
    with side_of(name, server_of(kind, request)) as running:
        yield running


def test_all_connections_are_open_before_the_first_request(side: Side) -> None:
    side.pool(pool=4)
    assert len(side.seen()) == 4


def test_the_server_never_sees_more_sessions_than_the_pool_has(side: Side) -> None:
    pool = side.pool(pool=4)
    database = side.database(pool)
    reads = [side.start(database.read, "SELECT SLEEP(0.05)") for _ in range(24)]
    seen = [len(side.seen())]
    while not all(read.done() for read in reads):
        seen.append(len(side.seen()))
    assert [read.result(0) for read in reads] == [((0,),)] * 24
    assert set(seen) == {4}


@pytest.mark.timed
def test_a_wait_for_a_connection_ends_with_a_problem(side: Side) -> None:
    pool = side.pool(pool=2, acquire_timeout=0.3)
    held = [side.call(pool.acquire), side.call(pool.acquire)]
    started = time.monotonic()
    with pytest.raises(Problem) as refused:
        side.call(pool.acquire)
    assert 0.25 <= time.monotonic() - started < 1.5
    assert (refused.value.status, dict(refused.value.headers)) == (503, {"Retry-After": "1"})
    for connection in held:
        side.call(pool.release, connection)
    side.call(pool.release, side.call(pool.acquire))


def test_the_connection_returned_last_is_used_first(side: Side) -> None:
    pool = side.pool(pool=3)
    first, second = side.call(pool.acquire), side.call(pool.acquire)
    side.call(pool.release, second)
    side.call(pool.release, first)
    again = side.call(pool.acquire)
    assert again is first
    side.call(pool.release, again)


def test_waiters_are_served_in_order_of_arrival(side: Side) -> None:
    pool = side.pool(pool=1, acquire_timeout=5)
    held = side.call(pool.acquire)
    waiting = []
    for _ in range(5):
        waiting.append(side.start(pool.acquire))
        time.sleep(0.05)
    for place, first in enumerate(waiting, 1):
        side.call(pool.release, held)
        held = first.result(SECONDS)
        assert not any(later.done() for later in waiting[place:])
    side.call(pool.release, held)


def test_a_broken_connection_leaves_a_usable_slot(side: Side) -> None:
    pool = side.pool(pool=1)
    connection = side.call(pool.acquire)
    side.kill(*side.seen())
    with pytest.raises(ConnectionLost):
        side.call(connection.run, "SELECT 1")
    side.call(pool.release, connection)
    fresh = side.call(pool.acquire)
    assert fresh is not connection
    assert side.rows(fresh, "SELECT 1") == [(1,)]
    side.call(pool.release, fresh)


def test_a_connection_in_a_transaction_is_never_reused(side: Side) -> None:
    pool = side.pool(pool=1)
    connection = side.call(pool.acquire)
    before = set(side.seen())
    side.call(connection.begin)
    side.call(connection.run, "UPDATE products SET stock = 0 WHERE id = 1")
    side.call(pool.release, connection)
    fresh = side.call(pool.acquire)
    assert not fresh.begun
    wait_until(lambda: not before & set(side.seen()), "the session of the transaction is gone")
    side.call(pool.release, fresh)
    assert side.rows(fresh, "SELECT stock > 0 FROM products WHERE id = 1") == [(1,)]


def test_slots_survive_a_missing_database(side: Side) -> None:
    with refusing_address() as nowhere:
        pool = side.pool(pool=1, database_url=f"mysql://nobody@{nowhere}/none", acquire_timeout=0.5)
        for _ in range(3):
            with pytest.raises(ConnectionLost):
                side.call(pool.acquire)


def test_sixteen_connections_killed_at_once_fail_no_read(side: Side) -> None:
    database = side.database(side.pool(pool=16))
    side.kill(*side.seen())
    reads = [side.start(database.read, "SELECT 1") for _ in range(32)]
    assert [read.result(SECONDS) for read in reads] == [((1,),)] * 32
    assert 1 <= len(side.seen()) <= 16


def test_a_killed_read_is_repeated(side: Side) -> None:
    database = side.database(side.pool(pool=4))
    reads = [side.start(database.read, "SELECT SLEEP(1.5)") for _ in range(4)]
    wait_until(lambda: side.busy() == 4, "four statements run")
    side.kill(*side.seen())
    assert [read.result(SECONDS) for read in reads] == [((0,),)] * 4


def test_a_transaction_killed_before_its_commit_is_repeated(side: Side) -> None:
    database = side.database(side.pool(pool=1))
    started: list[Any] = []

    def work(connection: Any) -> Any:
        started.append(connection)
        return connection.run("UPDATE products SET stock = stock + 0 * SLEEP(1.5) WHERE id = 1")

    write = side.start(database.write, work)
    wait_until(lambda: side.busy() == 1, "the statement runs")
    side.kill(*side.seen())
    assert isinstance(write.result(SECONDS), Committed)
    assert len(started) == 2
    assert started[0] is not started[1]


def test_a_transaction_whose_commit_is_lost_is_not_repeated(side: Side) -> None:
    database = side.database(side.pool(pool=1))
    started: list[Any] = []

    def work(connection: Any) -> Any:
        started.append(connection)
        side.kill(*side.seen())
        return side.twin.result("what it would have given")

    outcome = side.call(database.write, work)
    assert isinstance(outcome, Unknown)
    assert (outcome.value, outcome.problem.status) == ("what it would have given", 503)
    assert "Idempotency-Key" in outcome.problem.detail
    assert len(started) == 1
    assert side.call(database.read, "SELECT 1") == ((1,),)


def test_a_closed_pool_leaves_no_session_behind(side: Side) -> None:
    pool = side.pool(pool=4)
    assert len(side.seen()) == 4
    side.call(pool.close, SECONDS)
    wait_until(lambda: not side.seen(), "the sessions are gone")


def test_closing_waits_for_a_connection_in_use(side: Side) -> None:
    pool = side.pool(pool=2)
    read = side.start(side.database(pool).read, "SELECT SLEEP(2)")
    wait_until(lambda: side.busy() == 1, "the statement runs")
    closing = side.start(pool.close, SECONDS)
    wait([read, closing], SECONDS)
    assert read.result(0) == ((0,),)
    wait_until(lambda: not side.seen(), "the sessions are gone")
