"""The async twin's cache in a test's event loop, over a real Redis, with a load that can block or fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from async_api.cache.cache import Cache
from async_api.cache.redis import RedisGateway
from async_api.service.background import Background
from shared.cache.commands import Names
from shared.cache.plans import Plan
from shared.cache.policy import Limits, Policy
from shared.service.metrics import Metrics
from shared.service.settings import Settings, read_settings
from tests.support.own_redis import OwnRedis

PREFIX = "own"
SECONDS = 5.0


def own_settings(redis: OwnRedis, **environment: str) -> Settings:
    """A long CACHE_TIMEOUT, for busy machines."""
    defaults = {"CACHE_TIMEOUT": "4", "IN_FLIGHT": "2", "CACHE_URL": f"redis://127.0.0.1:{redis.port}/0"}
    defaults |= {"COMBINATION": PREFIX, "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://nobody@nowhere/none"}
    return read_settings(defaults | environment)


class OwnCache:
    """A cache whose bodies are the number of the load."""

    def __init__(self, settings: Settings) -> None:
        self.background = Background()
        self.pool_is_busy = False
        self.cache = Cache(settings, self.background, lambda: self.pool_is_busy, Metrics())
        self.loads = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = asyncio.Event()
        self.failure: Exception | None = None

    async def load(self) -> bytes:
        """Wait for the gate, then return a body or raise `failure`."""
        self.loads += 1
        number = self.loads
        self.waiting.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return b"%d" % number

    async def get(self, plan: Plan) -> tuple[bytes, str]:
        """Body and X-Cache of an answer."""
        answer = await self.cache.answer(plan, self.load)
        return answer.body, dict(answer.headers)["X-Cache"]

    def start(self, plan: Plan) -> "asyncio.Task[tuple[bytes, str]]":
        return asyncio.create_task(self.get(plan))

    def hold(self) -> None:
        """Block loads until `gate` is set."""
        self.gate.clear()
        self.waiting.clear()


@asynccontextmanager
async def own_cache(redis: OwnRedis, **environment: str) -> AsyncIterator[OwnCache]:
    own = OwnCache(own_settings(redis, **environment))
    await own.cache.open()
    try:
        yield own
    finally:
        own.gate.set()
        own.cache.end_pauses()
        await own.background.close(SECONDS)
        await own.cache.close()


@asynccontextmanager
async def own_gateway(redis: OwnRedis, **environment: str) -> AsyncIterator[RedisGateway]:
    settings, background, metrics = own_settings(redis, **environment), Background(), Metrics()
    policy = Policy(Names(settings.prefix), Limits.of(settings), metrics)
    gateway = RedisGateway(settings, policy, background, metrics)
    await gateway.open()
    try:
        yield gateway
    finally:
        gateway.closing.set()
        await background.close(SECONDS)
        await gateway.close()
