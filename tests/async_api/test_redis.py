"""The async Redis client in the loop of a test: no reply goes to the wrong command."""

import asyncio
from itertools import count

import pytest

from async_api.cache.redis import RedisGateway
from shared.cache.steps import Allowance, CacheTrouble, Command, Pause, Steps
from tests.support.cancel import cancel_at, cancel_everywhere
from tests.support.own_cache import own_gateway
from tests.support.own_redis import OwnRedis
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("servers")]
EITHER = pytest.mark.parametrize("late", [False, True], ids=["waiting", "late"])
ONE = {"IN_FLIGHT": "1"}
ALLOWED_S, SHORT_S, PATIENCE_S = 4.0, 0.2, 10.0


async def echo(gateway: RedisGateway, text: str) -> bytes:
    """Sends Redis a unique text to echo."""
    reply = await gateway.run(Command(("ECHO", text), bytes), Allowance(ALLOWED_S))
    return bytes(reply)


def blocked(seconds: float) -> Command:
    """Redis replies with null after this many seconds."""
    return Command(("BLPOP", "no such list", str(seconds)), lambda reply: ("nothing", reply))


@EITHER
async def test_the_reply_of_a_command_cancelled_anywhere_goes_to_no_other(own_redis: OwnRedis, late: bool) -> None:
    texts, points = count(), 0
    async with own_gateway(own_redis, **ONE) as gateway:
        async for _ in cancel_everywhere(lambda: echo(gateway, f"cancelled {next(texts)}"), late=late):
            points += 1
            assert [await echo(gateway, f"{points} {n}") for n in range(3)] == [
                b"%d %d" % (points, n) for n in range(3)
            ]
        assert _is_asked(gateway)
    assert points >= 1


async def test_the_reply_of_a_command_cancelled_while_redis_is_frozen_goes_to_no_other(own_redis: OwnRedis) -> None:
    async with own_gateway(own_redis, **ONE) as gateway:
        waiting = asyncio.create_task(gateway.run(blocked(SHORT_S), Allowance(ALLOWED_S)))
        await _has_blocked(own_redis, 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await echo(gateway, "next") == b"next"
        await asyncio.sleep(2 * SHORT_S)
        assert await echo(gateway, "later") == b"later"
        assert _is_asked(gateway)


async def test_a_late_reply_goes_to_no_command_and_opens_the_breaker(own_redis: OwnRedis) -> None:
    async with own_gateway(own_redis, **ONE) as gateway:
        with pytest.raises(CacheTrouble):
            await gateway.run(blocked(2 * SHORT_S), Allowance(SHORT_S))
        assert not _is_asked(gateway)
        await _is_asked_again(gateway)
        assert await echo(gateway, "next") == b"next"


@EITHER
async def test_a_cancelled_wait_for_a_connection_takes_none_with_it(own_redis: OwnRedis, late: bool) -> None:
    async with own_gateway(own_redis, **ONE) as gateway:
        holder = asyncio.create_task(gateway.run(blocked(SHORT_S), Allowance(ALLOWED_S)))
        await _has_blocked(own_redis, 1)
        cancelled = await cancel_at(1, echo(gateway, "cancelled"), late=late)
        assert cancelled.reached
        await holder
        assert await echo(gateway, "next") == b"next"
        assert await _connections(own_redis) == 1


@EITHER
async def test_a_connect_that_is_cancelled_anywhere_leaves_no_connection_behind(
    own_redis: OwnRedis, late: bool
) -> None:
    points = 0
    async with own_gateway(own_redis, **ONE) as gateway:
        for n in range(1, 8):
            _close_all(own_redis)
            cancelled = await cancel_at(n, echo(gateway, "cancelled"), late=late)
            points += cancelled.reached
            assert await echo(gateway, f"{n}") == b"%d" % n
            assert await _connections(own_redis) == 1
        assert _is_asked(gateway)
    assert points >= 2


async def test_a_connection_closed_by_redis_fails_no_command(own_redis: OwnRedis) -> None:
    async with own_gateway(own_redis) as gateway:
        for n in range(3):
            _close_all(own_redis)
            assert await echo(gateway, f"{n}") == b"%d" % n
        assert _is_asked(gateway)


async def test_many_commands_at_once_get_their_own_replies_over_few_connections(own_redis: OwnRedis) -> None:
    async with own_gateway(own_redis, IN_FLIGHT="3") as gateway:
        replies = await asyncio.gather(*(echo(gateway, f"{n}") for n in range(200)))
        assert replies == [b"%d" % n for n in range(200)]
        assert await _connections(own_redis) == 3


async def test_no_command_begins_after_its_requests_share_is_spent(own_redis: OwnRedis) -> None:
    async with own_gateway(own_redis) as gateway:
        allowance = Allowance(ALLOWED_S)
        allowance.left = 0.0
        with pytest.raises(CacheTrouble):
            await gateway.run(Command(("SET", "begun", "1"), bytes), allowance)
        with own_redis.client() as client:
            assert not client.exists("begun")
        assert _is_asked(gateway)


async def test_a_refusal_opens_no_breaker_unless_the_command_must_not_be_refused(own_redis: OwnRedis) -> None:
    async with own_gateway(own_redis) as gateway:
        refused = Command(("SET", "one", "2", "no such option"), bytes, ("one",))
        with pytest.raises(CacheTrouble):
            await gateway.run(refused, Allowance(ALLOWED_S))
        assert _is_asked(gateway)
        must_not = Command(refused.words, bytes, ("one",), may_be_refused=False)
        with pytest.raises(CacheTrouble):
            await gateway.run(must_not, Allowance(ALLOWED_S))
        assert not _is_asked(gateway)


async def test_a_probe_outlives_the_request_that_found_the_trouble(own_redis: OwnRedis) -> None:
    async with own_gateway(own_redis) as gateway:
        with own_redis.gone():
            with pytest.raises(CacheTrouble):
                await echo(gateway, "refused")
            assert not _is_asked(gateway)
        await _is_asked_again(gateway)
        assert await echo(gateway, "back") == b"back"


async def test_the_end_of_a_worker_ends_every_pause(own_redis: OwnRedis) -> None:
    def steps() -> Steps[None]:
        yield Pause(60.0)

    async with own_gateway(own_redis) as gateway:
        paused = asyncio.create_task(gateway.follow(steps(), Allowance(ALLOWED_S), lambda: echo(gateway, "load")))
        await asyncio.sleep(SHORT_S)
        assert not paused.done()
        gateway.closing.set()
        with pytest.raises(CacheTrouble):
            await asyncio.wait_for(paused, PATIENCE_S)


def _is_asked(gateway: RedisGateway) -> bool:
    return not gateway._breaker.is_open


async def _is_asked_again(gateway: RedisGateway) -> None:
    await asyncio.to_thread(wait_until, lambda: _is_asked(gateway), "the breaker has closed")


async def _has_blocked(redis: OwnRedis, many: int) -> None:
    with redis.client() as client:
        await asyncio.to_thread(
            wait_until, lambda: client.info("clients")["blocked_clients"] == many, "Redis has the command"
        )


async def _connections(redis: OwnRedis) -> int:
    """The number of other connections; a closed one may need a moment to disappear."""
    with redis.client() as client:
        await asyncio.sleep(0.02)
        return int(client.info("clients")["connected_clients"]) - 1


def _close_all(redis: OwnRedis) -> None:
    with redis.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)
