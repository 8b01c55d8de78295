"""Redis behind a circuit breaker: no command may fail a request or delay it beyond CACHE_TIMEOUT."""

import logging
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import ResponseError

from shared.cache import commands
from shared.cache.breaker import Breaker
from shared.cache.policy import Policy
from shared.cache.steps import Allowance, CacheTrouble, Command, Pause, Step, Steps
from shared.cache.values import Garbled
from shared.service import runtime_facts
from shared.service.metrics import Metrics
from shared.service.settings import Settings, cache_options

from ..service.background import Background, Call, T
from ..service.waiting import Event, ThreadLock, wait_unless
from .deadline import Deadline, timeouts

log = logging.getLogger(__name__)


class RedisGateway:
    """A request spends at most CACHE_TIMEOUT on Redis, and nothing while the breaker is open."""

    def __init__(self, settings: Settings, policy: Policy, background: Background, metrics: Metrics) -> None:
        self._policy = policy
        self._metrics = metrics
        self._timeout = settings.cache_timeout
        self._background = background
        self.closing = Event()
        self._breaker = Breaker(ThreadLock(), metrics)
        # redis-py types these on one side only.
        self._pool: Any = _pool(settings)
        self._deadline = Deadline(self._pool, self._timeout)
        self._client: Any = Redis(connection_pool=self._pool)
        # Raw replies: the commands of the policy parse them.
        self._client.response_callbacks.clear()

    async def open(self) -> None:
        """Open all connections before traffic; without Redis they are opened when it is back."""
        runtime_facts.redis(self._metrics, self._pool.connection_kwargs)
        connections = []
        try:
            for _ in range(self._pool.max_connections):
                async with self._deadline.within(self._timeout):
                    connection = await self._pool.get_connection()
                connections.append(connection)
        except Exception as fault:  # noqa: BLE001 (a server other than Redis may answer anything)
            self._trouble(fault)
        for connection in connections:
            await self._pool.release(connection)

    async def run(self, command: Command, allowance: Allowance) -> Any:
        """The parsed reply; raises CacheTrouble."""
        is_deferred = self._breaker.is_open and self._breaker.defer(command.owed_if_skipped)
        if is_deferred or allowance.left <= 0:
            self._probe_in_background()
            raise CacheTrouble("not sent: the breaker is open or no time is left")
        started = monotonic()
        try:
            return await self._send(command, allowance.left)
        except Exception as fault:
            if not (command.may_be_refused and isinstance(fault, ResponseError)):
                self._trouble(fault, command.owed_if_lost)
            raise CacheTrouble(str(fault)) from fault
        finally:
            allowance.left -= monotonic() - started

    async def follow(self, steps: Steps[T], allowance: Allowance, load: Call[[], bytes]) -> T:
        """Perform the steps of the policy and return its result; raises CacheTrouble and what `load` raises."""
        return await _follow(steps, partial(self._perform, allowance, load))

    async def is_up(self) -> bool:
        try:
            await self.run(commands.ping(), Allowance(self._timeout))
        except CacheTrouble:
            return False
        return True

    async def close(self) -> None:
        self._deadline.close()
        await self._pool.disconnect()

    async def _perform(self, allowance: Allowance, load: Call[[], bytes], step: Step) -> Any:
        if isinstance(step, Command):
            return await self.run(step, allowance)
        if not isinstance(step, Pause):
            return await load()
        if await wait_unless(step.seconds, self.closing) and not allowance.is_low:
            return None
        raise CacheTrouble("no time left to wait for another load")

    async def _send(self, command: Command, seconds: float) -> Any:
        async with self._deadline.within(seconds):
            reply = await self._client.execute_command(*command.words)
        try:
            return command.parse(reply)
        except Garbled:
            # Replies on this connection may be out of step with its commands.
            await self._pool.disconnect(inuse_connections=False)
            raise

    def _trouble(self, fault: Exception, owed: Sequence[str] = ()) -> None:
        log.warning("cache bypassed until Redis answers: %s: %s", type(fault).__name__, fault)
        self._breaker.open(owed)
        self._probe_in_background()

    def _probe_in_background(self) -> None:
        if not self._breaker.is_open or not self._breaker.probing.acquire():
            return
        if not self._background.submit(self._probe):
            self._breaker.probing.release()

    async def _probe(self) -> None:
        is_up, is_closing = False, False
        try:
            while not is_up and not is_closing:
                is_closing = not await wait_unless(self._breaker.next_pause(), self.closing)
                # One last try on shutdown: no other worker knows which drops this one owes.
                is_up = await self._recovered()
        finally:
            self._breaker.probing.release()
        # A failure after the breaker closed and before the latch was released has started no probe.
        if is_up:
            self._probe_in_background()

    async def _recovered(self) -> bool:
        try:
            await _follow(self._policy.recover(self._breaker), self._try)
        except CacheTrouble:
            return False
        return True

    async def _try(self, step: Step) -> Any:
        started = monotonic()
        try:
            result = await self._send(cast(Command, step), self._timeout / 2)
        except Exception as fault:
            raise CacheTrouble(str(fault)) from fault
        if monotonic() - started > self._timeout / 2:
            raise CacheTrouble("Redis is slow")
        return result


async def _follow(steps: Steps[T], perform: Call[[Step], Any]) -> T:
    try:
        step = next(steps)
        while True:
            try:
                result = await perform(step)
            except Exception as error:  # noqa: BLE001 (thrown into the policy)
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        return cast(T, end.value)


def _pool(settings: Settings) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        settings.cache_url,
        **cache_options(settings),
        **timeouts(settings.cache_timeout),
        max_connections=settings.in_flight,
        # Redis may have closed an idle connection; every command here may be sent twice.
        retry=Retry(NoBackoff(), 1, (Disconnected,)),
        protocol=2,
    )
