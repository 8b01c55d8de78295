"""Cache-aside for the cached routes, with single flight and background refresh."""

import logging
from collections.abc import Callable, Sequence

import msgspec

from shared.cache import commands, policy
from shared.cache.commands import Names
from shared.cache.flights import Flights, Latch
from shared.cache.plans import Plan
from shared.cache.policy import Limits, Policy
from shared.cache.steps import Allowance, CacheTrouble
from shared.cache.values import Lookup, Stamps
from shared.http import deadlines
from shared.http.answer import Answer, cached
from shared.http.errors import Problem
from shared.service.metrics import Metrics
from shared.service.settings import Settings

from ..service.background import Background, Call
from .flight import Flight
from .redis import RedisGateway

log = logging.getLogger(__name__)


class Read(msgspec.Struct, frozen=True):
    """A read of a cached route and its time budget for Redis."""

    redis: RedisGateway
    plan: Plan
    load: Call[[], bytes]
    allowance: Allowance


class Cache:
    """Without CACHE_URL every request loads its body, with X-Cache `off`. Never fails because of Redis."""

    def __init__(
        self, settings: Settings, background: Background, pool_is_busy: Callable[[], bool], metrics: Metrics
    ) -> None:
        self._metrics = metrics
        self._timeout = settings.cache_timeout
        self._limits = Limits.of(settings)
        self._names = Names(settings.prefix)
        self._policy = Policy(self._names, self._limits, metrics)
        self._background = background
        self._pool_is_busy = pool_is_busy
        self._flights: Flights[Flight] = Flights(Flight)
        self._refreshing = Latch()
        self._redis: RedisGateway | None = None
        self.state_without = "off"
        if settings.cache_url:
            self._redis = RedisGateway(settings, self._policy, background, metrics)
            self.state_without = "bypass"

    async def open(self) -> None:
        if self._redis is not None:
            await self._redis.open()

    async def answer(self, plan: Plan, load: Call[[], bytes], load_serially: Call[[], bytes] | None = None) -> Answer:
        """Answer from the cache or `load`; a refresh uses `load_serially`, which takes a single connection."""
        if self._redis is None:
            return await uncached(load, "off")
        read = Read(self._redis, plan, load, Allowance(self._timeout))
        try:
            lookup = await read.redis.follow(self._policy.read(plan), read.allowance, load)
        except CacheTrouble:
            self._metrics.cache("bypass")
            return await uncached(load, "bypass")
        if lookup.body is None:
            return await self._load_once(read, policy.seen(lookup))
        self._metrics.cache(lookup.state)
        if lookup.due:
            self._refresh_in_background(read, lookup, load_serially or load)
        return cached(lookup.body, lookup.state)

    async def drop(self, groups: Sequence[str]) -> None:
        """Invalidate groups; call it after the commit and before the answer."""
        if self._redis is None or not groups:
            return
        try:
            await self._redis.run(commands.drop(self._names, groups), Allowance(self._timeout))
        except CacheTrouble:
            self._metrics.cache("refused")
        else:
            self._metrics.cache("dropped")

    async def state(self) -> str:
        """`off`, `ok` or `down`; for /health/ready only."""
        if self._redis is None:
            return "off"
        is_up = await self._redis.is_up()
        return "ok" if is_up else "down"

    def end_pauses(self) -> None:
        """End all pauses when the service closes."""
        if self._redis is not None:
            self._redis.closing.set()

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.close()

    async def _load_once(self, read: Read, stamps: Stamps) -> Answer:
        name = policy.flight_of(read.plan, stamps)
        flight, is_leader = self._flights.join(name)
        if flight is not None and is_leader:
            # Shielded: followers still wait for this load after the leader's client disconnects.
            return await self._background.run_to_completion(self._lead, name, flight, read, stamps)
        outcome = None
        if flight is not None:
            outcome = await flight.wait(deadlines.within(self._limits.wait))
        if isinstance(outcome, Problem):
            raise outcome.copy()
        if outcome is None:
            self._metrics.cache("miss")
            return await uncached(read.load, "miss")
        self._metrics.cache("joined")
        return cached(outcome, "miss")

    async def _lead(self, name: str, flight: Flight, read: Read, stamps: Stamps) -> Answer:
        async def load() -> bytes:
            body = await read.load()
            flight.complete(body)
            return body

        try:
            filled = await read.redis.follow(self._policy.fill(read.plan, stamps), read.allowance, load)
        except Problem as problem:
            self._metrics.cache("miss")
            marked = problem.with_header("X-Cache", "miss")
            flight.complete(marked if marked.is_about_the_data else None)
            raise marked from problem
        else:
            self._metrics.cache(filled.state)
            flight.complete(filled.body)
        finally:
            self._flights.remove(name)
            flight.complete(None)
        return cached(filled.body, "bypass" if filled.state == "bypass" else "miss")

    def _refresh_in_background(self, read: Read, lookup: Lookup, load: Call[[], bytes]) -> None:
        """One at a time, and none while the pool is busy."""
        if not self._limits.refresh or not self._refreshing.acquire():
            return
        if self._pool_is_busy() or not self._background.submit(self._refresh, read, lookup, load):
            self._refreshing.release()
            self._metrics.refresh("left_out")

    async def _refresh(self, read: Read, lookup: Lookup, load: Call[[], bytes]) -> None:
        try:
            steps = self._policy.refresh(read.plan, lookup)
            is_ours = await read.redis.follow(steps, Allowance(self._timeout), load)
            self._metrics.refresh("made" if is_ours else "elsewhere")
        except (Problem, CacheTrouble) as fault:
            self._metrics.refresh("failed")
            log.debug("cache refresh failed: %s", fault)
        finally:
            self._refreshing.release()


async def uncached(load: Call[[], bytes], state: str) -> Answer:
    """Answer from `load`; answers and problems carry `state` as X-Cache."""
    try:
        body = await load()
    except Problem as problem:
        raise problem.with_header("X-Cache", state) from problem
    return cached(body, state)
