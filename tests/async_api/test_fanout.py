"""The async twin's fan-out: all reads are concurrent, and none is left when one fails or the client leaves."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from async_api.service.fanout import Fanout
from shared.service.settings import Settings, read_settings
from tests.support.cancel import cancel_everywhere

pytestmark = pytest.mark.asyncio
Read = Callable[[], Awaitable[str]]


def settings(fanout: str) -> Settings:
    given = {"COMBINATION": "async", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://nobody@nowhere/none"}
    return read_settings(given | {"FANOUT": fanout})


def others() -> set["asyncio.Task[object]"]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def read(name: str, ended: list[str], turns: int, fails: bool = False) -> str:
    try:
        for _ in range(turns):
            await asyncio.sleep(0)
        if fails:
            raise ValueError(name)
        return name
    finally:
        ended.append(name)


async def test_results_are_in_the_order_of_the_calls() -> None:
    ended: list[str] = []
    calls = [partial(read, name, ended, turns) for name, turns in [("a", 4), ("b", 3), ("c", 2), ("d", 1)]]
    assert await Fanout(settings("parallel")).gather(*calls) == ["a", "b", "c", "d"]
    assert ended == ["d", "c", "b", "a"]


async def test_all_calls_run_concurrently() -> None:
    barrier = asyncio.Barrier(4)

    async def meet() -> str:
        await barrier.wait()
        return "met"

    async with asyncio.timeout(5.0):
        assert await Fanout(settings("parallel")).gather(*[meet] * 4) == ["met"] * 4


async def test_a_failure_is_raised_after_the_others_have_ended() -> None:
    ended: list[str] = []
    calls = [
        partial(read, "bad", ended, 1, fails=True),
        partial(read, "slow", ended, 5),
        partial(read, "quick", ended, 1),
    ]
    with pytest.raises(ValueError, match="bad"):
        await Fanout(settings("parallel")).gather(*calls)
    assert set(ended) == {"bad", "slow", "quick"}
    assert others() == set()


async def test_the_first_of_two_failures_is_raised() -> None:
    ended: list[str] = []
    calls = [partial(read, "first", ended, 5, fails=True), partial(read, "second", ended, 1, fails=True)]
    with pytest.raises(ValueError, match="first"):
        await Fanout(settings("parallel")).gather(*calls)
    assert ended == ["second", "first"]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("fanout", ["parallel", "serial"])
async def test_no_read_continues_wherever_the_client_disconnects(fanout: str, late: bool) -> None:
    under_way: list[str] = []

    async def one(name: str) -> str:
        under_way.append(name)
        try:
            await asyncio.sleep(0.001)
            return name
        finally:
            under_way.remove(name)

    fan = Fanout(settings(fanout))
    points = 0
    async for value in cancel_everywhere(lambda: fan.gather(*[partial(one, name) for name in "abcd"]), late=late):
        points += 1
        assert value is None
        assert under_way == []
        assert others() == set()
    assert points == {"parallel": 1, "serial": 4}[fanout]


async def test_naive_code_reads_in_sequence_and_stops_after_a_failure() -> None:
    ended: list[str] = []
    calls = [partial(read, "a", ended, 3), partial(read, "bad", ended, 1, fails=True), partial(read, "never", ended, 1)]
    with pytest.raises(ValueError, match="bad"):
        await Fanout(settings("serial")).gather(*calls)
    assert ended == ["a", "bad"]
