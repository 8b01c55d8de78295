"""The door to Redis: performs what the policy asks for, within a time, and not at all while Redis is in trouble."""

import logging
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Any, cast

from redis.exceptions import ResponseError

from shared.cache import commands as cache_commands
from shared.cache import policy as cache_policy
from shared.cache.breaker import Breaker
from shared.cache.commands import Names
from shared.cache.plans import Plan
from shared.cache.steps import Allowance, CacheTrouble, Command, Pause, Step, Steps
from shared.cache.values import Found
from shared.service.metrics import Metrics
from shared.service.settings import Settings

from ..service.background import Background, Call, T
from ..service.waiting import Event, ThreadLock, wait_unless
from .redis_stock import RedisStock

log = logging.getLogger(__name__)


class CacheDoor:
    """Redis behind a breaker: each request spends at most CACHE_TIMEOUT on it, and none once one has had trouble."""

    def __init__(self, settings: Settings, background: Background, metrics: Metrics) -> None:
        self.names = Names(settings.prefix)
        self._seconds = settings.cache_timeout
        self._background = background
        self._metrics = metrics
        self._redis = RedisStock(settings, metrics)
        self._breaker = Breaker(ThreadLock(), metrics)
        self._closing = Event()

    async def open(self) -> None:
        """Opens the connections, so that no request has to; without Redis they are opened when it is back."""
        try:
            await self._redis.open()
        except Exception as fault:  # noqa: BLE001 (what else is at that address answers as it likes)
            self._in_trouble(fault)

    async def find(self, plan: Plan, allowance: Allowance, load: Call[bytes]) -> Found:
        """Gives the value, or the stamps under which one may be made; raises as `ask` does."""
        # The one command of a hit goes straight to Redis, not as a step: it is what every cached read pays.
        found: Found = await self._command(allowance, cache_commands.find(self.names, plan))
        if found.body is None:
            return await self.ask(cache_policy.stamp(self.names, plan, found), allowance, load)
        return found

    async def ask(self, steps: Steps[T], allowance: Allowance, load: Call[bytes]) -> T:
        """Gives what the policy gives; raises CacheTrouble where it leaves that to us, and what `load` raises."""
        return await _followed(steps, partial(self._perform, allowance, load))

    async def drop(self, groups: Sequence[str]) -> None:
        """Ends every value of these groups; what fails is owed, and made up for before the breaker closes."""
        if self._breaker.put_off(groups):
            self._metrics.cache("refused")
            self._probe_behind()
            return
        try:
            await self._redis.run(cache_commands.drop(self.names, groups), self._seconds)
            self._metrics.cache("dropped")
        except Exception as fault:  # noqa: BLE001 (whatever it was, the values may still be there)
            self._metrics.cache("refused")
            self._in_trouble(fault, groups)

    async def is_up(self) -> bool:
        """Tells whether Redis answers."""
        try:
            await self._command(Allowance(self._seconds), cache_commands.ping())
        except CacheTrouble:
            return False
        return True

    def hasten(self) -> None:
        """Ends all pauses: the service closes."""
        self._closing.set()

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.close()

    async def _perform(self, allowance: Allowance, load: Call[bytes], step: Step) -> Any:
        if isinstance(step, Command):
            return await self._command(allowance, step)
        if not isinstance(step, Pause):
            return await load()
        if await wait_unless(step.seconds, self._closing) and not allowance.is_low:
            return None
        raise CacheTrouble("waited long enough")

    async def _command(self, allowance: Allowance, command: Command) -> Any:
        if self._breaker.is_open or allowance.left <= 0:
            if command.owed_if_unasked:
                self._breaker.put_off(command.owed_if_unasked)
            self._probe_behind()
            raise CacheTrouble("Redis is not asked")
        started = monotonic()
        try:
            return await self._redis.run(command, allowance.left)
        except ResponseError as refusal:
            raise CacheTrouble(str(refusal)) from refusal
        except Exception as fault:
            self._in_trouble(fault, command.owed_if_lost)
            raise CacheTrouble(str(fault)) from fault
        finally:
            allowance.left -= monotonic() - started

    def _in_trouble(self, fault: Exception, owed: Sequence[str] = ()) -> None:
        log.warning("cache: %r", fault)
        self._breaker.open(owed)
        self._probe_behind()

    def _probe_behind(self) -> None:
        if not self._breaker.is_open or not self._breaker.probing.take():
            return
        if not self._background.submit(self._probe):
            self._breaker.probing.give_back()

    async def _probe(self) -> None:
        mended, closes = False, False
        try:
            while not mended and not closes:
                closes = not await wait_unless(self._breaker.next_pause(), self._closing)
                # At the very end once more: nobody else knows which drops this worker owes.
                mended = await self._mended()
        finally:
            self._breaker.probing.give_back()
        # Trouble that came after the breaker had closed, and before the turn was given back, found no prober.
        if mended:
            self._probe_behind()

    async def _mended(self) -> bool:
        try:
            steps = cache_policy.mend(self.names, self._breaker, self._metrics)
            return await _followed(steps, self._tried)
        except CacheTrouble:
            return False

    async def _tried(self, step: Step) -> Any:
        try:
            return await self._redis.run(cast(Command, step), self._seconds / 2)
        except Exception as fault:
            raise CacheTrouble(str(fault)) from fault


async def _followed(steps: Steps[T], perform: Call[Any]) -> T:
    try:
        step = next(steps)
        while True:
            try:
                given = await perform(step)
            except Exception as error:  # noqa: BLE001 (the policy decides what becomes of it)
                step = steps.throw(error)
            else:
                step = steps.send(given)
    except StopIteration as end:
        result: T = end.value
        return result
