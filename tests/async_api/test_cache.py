"""The async cache in the loop of a test: a request cancelled at any moment takes no load from the others."""

import asyncio
from itertools import count

import pytest

from shared.cache.plans import Plan, product_plan
from shared.http.errors import Problem, unavailable
from tests.support.cancel import cancel_at, cancel_everywhere
from tests.support.own_cache import SECONDS, OwnCache, own_cache
from tests.support.own_redis import OwnRedis

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("servers")]
EITHER = pytest.mark.parametrize("late", [False, True], ids=["waiting", "late"])
PLAN = product_plan(1)
MISSING = Problem(404, "There is no such product.")
# A value is past its soft end after four fifths of this.
SHORT_LIFE = {"CACHE_LIFETIME": "2"}


@EITHER
async def test_a_leader_cancelled_anywhere_still_loads_for_later_requests(own_redis: OwnRedis, late: bool) -> None:
    numbers, points = count(1), 0
    async with own_cache(own_redis) as own:
        plans = [product_plan(number) for number in range(100)]
        async for _ in cancel_everywhere(lambda: own.get(plans[next(numbers)]), late=late):
            points += 1
            before = own.loads
            plan = plans[points]
            body, _ = await own.get(plan)
            assert own.loads <= before + 1
            assert await own.get(plan) == (body, "hit")
            assert _leases(own_redis) == []
    assert points >= 3  # of a cold read: its lookup, its stamp, its load


async def test_a_follower_gets_what_a_cancelled_leader_has_begun(own_redis: OwnRedis) -> None:
    async with own_cache(own_redis) as own:
        own.hold()
        leader = own.start(PLAN)
        await own.waiting.wait()
        follower = own.start(PLAN)
        await _joined(own)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        own.gate.set()
        assert await asyncio.wait_for(follower, SECONDS) == (b"1", "miss")
        assert own.loads == 1


@EITHER
async def test_a_follower_that_is_cancelled_anywhere_disturbs_neither_the_leader_nor_another(
    own_redis: OwnRedis, late: bool
) -> None:
    async with own_cache(own_redis) as own:
        for n in range(1, 5):
            plan = product_plan(n)
            own.hold()
            leader = own.start(plan)
            await own.waiting.wait()
            other = own.start(plan)
            follower = asyncio.create_task(cancel_at(n, own.get(plan), late=late))
            await asyncio.sleep(0.02)
            own.gate.set()
            assert await leader == await other == (b"%d" % n, "miss")
            await follower
        assert own.loads == 4
        assert await own.get(PLAN) == (b"1", "hit")


async def test_a_missing_row_is_loaded_once_and_each_request_gets_its_own_problem(own_redis: OwnRedis) -> None:
    async with own_cache(own_redis) as own:
        problems = await _fail(own, MISSING)
        assert [(each.status, dict(each.headers)["X-Cache"]) for each in problems] == [(404, "miss")] * 3
        assert len({id(each) for each in problems}) == 3
        assert own.loads == 1


async def test_a_failure_of_the_leader_makes_the_others_load_themselves(own_redis: OwnRedis) -> None:
    async with own_cache(own_redis) as own:
        problems = await _fail(own, unavailable("Busy."))
        assert [each.status for each in problems] == [503] * 3
        assert own.loads == 3
        own.failure = None
        assert await own.get(PLAN) == (b"4", "miss")
        assert _leases(own_redis) == []


async def test_a_bug_in_the_load_is_raised_and_leaves_neither_a_flight_nor_a_lease(own_redis: OwnRedis) -> None:
    async with own_cache(own_redis) as own:
        own.failure = ZeroDivisionError()
        with pytest.raises(ZeroDivisionError):
            await own.get(PLAN)
        own.failure = None
        assert [await own.get(PLAN) for _ in "12"] == [(b"2", "miss"), (b"2", "hit")]
        assert _leases(own_redis) == []


async def test_a_follower_loads_for_itself_after_its_time_out(own_redis: OwnRedis) -> None:
    async with own_cache(own_redis, FLIGHT_TIMEOUT="0.1") as own:
        own.hold()
        leader = own.start(PLAN)
        await own.waiting.wait()
        own.waiting.clear()
        follower = own.start(PLAN)
        await own.waiting.wait()
        own.gate.set()
        assert sorted([await leader, await follower]) == [(b"1", "miss"), (b"2", "miss")]


async def test_a_refresh_outlives_the_read_that_began_it(own_redis: OwnRedis) -> None:
    async with own_cache(own_redis, **SHORT_LIFE) as own:
        await _past_its_soft_end(own, PLAN)
        own.hold()
        assert await own.get(PLAN) == (b"1", "stale")
        await own.waiting.wait()
        own.gate.set()
        assert await _until(own, "hit") == b"2"


@EITHER
async def test_a_read_that_is_cancelled_anywhere_leaves_the_refresh_possible(own_redis: OwnRedis, late: bool) -> None:
    async with own_cache(own_redis, **SHORT_LIFE) as own:
        await _past_its_soft_end(own, PLAN)
        await cancel_at(1, own.get(PLAN), late=late)
        await own.get(PLAN)
        assert int(await _until(own, "hit")) >= 2


async def test_one_refresh_runs_at_a_time(own_redis: OwnRedis) -> None:
    async with own_cache(own_redis, **SHORT_LIFE) as own:
        await _past_its_soft_end(own, PLAN, product_plan(2))
        own.hold()
        for plan in (PLAN, product_plan(2)):
            await own.get(plan)
        await own.waiting.wait()
        await asyncio.sleep(0.05)
        assert own.loads == 3


@EITHER
async def test_a_drop_completes_when_its_caller_is_cancelled_anywhere(own_redis: OwnRedis, late: bool) -> None:
    async with own_cache(own_redis) as own:

        async def drop() -> None:
            await own.background.run_to_completion(own.cache.drop, PLAN.groups)

        before, points = await own.get(PLAN), 0
        async for _ in cancel_everywhere(drop, late=late):
            points += 1
            await own.background.close(SECONDS)
            body, state = await own.get(PLAN)
            assert (body, state) == (b"%d" % (int(before[0]) + 1), "miss")
            before = body, state
    assert points >= 1


def _leases(redis: OwnRedis) -> list[bytes]:
    with redis.client() as client:
        return list(client.scan_iter("*:lease:*"))


async def _joined(own: OwnCache) -> None:
    """Enough turns of the loop for a read to have looked up its value."""
    await asyncio.sleep(0.05)
    assert own.loads == 1


async def _fail(own: OwnCache, failure: Exception) -> list[Problem]:
    """The outcomes of a leader and two followers."""
    own.hold()
    own.failure = failure
    tasks = [own.start(PLAN)]
    await own.waiting.wait()
    tasks += [own.start(PLAN) for _ in "12"]
    await _joined(own)
    own.gate.set()
    heard = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, Problem) for each in heard)
    return [each for each in heard if isinstance(each, Problem)]


async def _past_its_soft_end(own: OwnCache, *plans: Plan) -> None:
    own.pool_is_busy = True  # so that nothing is refreshed meanwhile
    bodies = [(await own.get(plan))[0] for plan in plans]
    assert [await _until(own, "stale", plan) for plan in plans] == bodies
    own.pool_is_busy = False


async def _until(own: OwnCache, wanted: str, plan: Plan = PLAN) -> bytes:
    """Reads until the answer has this state; returns the body."""
    async with asyncio.timeout(SECONDS):
        while True:
            body, state = await own.get(plan)
            if state == wanted:
                return body
            await asyncio.sleep(0.01)
