"""A flight in one loop: a follower that stops waiting at any moment takes nothing from the others."""

import asyncio
import time

import pytest

from async_api.cache.flight import Flight
from tests.support.cancel import cancel_at

pytestmark = pytest.mark.asyncio
PATIENCE_S, SHORT_S = 5.0, 0.05
EITHER = pytest.mark.parametrize("late", [False, True], ids=["waiting", "late"])


async def test_all_followers_get_the_outcome() -> None:
    flight = Flight()
    waiting = [asyncio.create_task(flight.wait(PATIENCE_S)) for _ in range(3)]
    await asyncio.sleep(0)
    flight.complete("outcome")
    assert await asyncio.gather(*waiting) == ["outcome"] * 3


async def test_the_first_outcome_counts() -> None:
    flight = Flight()
    flight.complete("first")
    flight.complete("second")
    assert await flight.wait(PATIENCE_S) == "first"


@EITHER
async def test_a_follower_that_is_cancelled_leaves_the_outcome_to_the_others(late: bool) -> None:
    flight = Flight()
    other = asyncio.create_task(flight.wait(PATIENCE_S))
    if late:  # the flight has to exist before the follower waits
        asyncio.get_running_loop().call_later(SHORT_S, flight.complete, "outcome")
    cancelled = await cancel_at(1, flight.wait(PATIENCE_S), late=late)
    assert (cancelled.reached, cancelled.task.cancelled()) == (True, True)
    flight.complete("outcome")
    assert await other == "outcome"
    assert await flight.wait(PATIENCE_S) == "outcome"


async def test_a_follower_that_times_out_gets_nothing_and_the_others_the_outcome() -> None:
    flight = Flight()
    patient = asyncio.create_task(flight.wait(PATIENCE_S))
    assert await flight.wait(SHORT_S) is None
    flight.complete("outcome")
    assert await patient == "outcome"


async def test_an_outcome_in_the_turn_of_the_loop_in_which_the_wait_ends_is_not_lost() -> None:
    flight = Flight()
    waiting = asyncio.create_task(flight.wait(SHORT_S))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(flight.complete, "outcome")
    time.sleep(2 * SHORT_S)  # noqa: ASYNC251 (the wait's end is due in the very turn that completes the flight)
    assert await waiting == "outcome"
