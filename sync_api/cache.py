"""Cache-aside over Redis; the policy is in shared/caching.py, here is only what has to wait."""

import logging
from collections.abc import Sequence

from redis.exceptions import RedisError

from shared import caching, metrics
from shared.answer import Answer, cached
from shared.caching import Found, Plan
from shared.errors import Problem
from shared.settings import Settings

from .background import Call
from .redis_stock import RedisStock

FAULTS = (RedisError, OSError, TimeoutError)
log = logging.getLogger(__name__)


class Cache:
    """The bodies of cached routes; without CACHE_URL it hands every request through and says so."""

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.prefix
        self._redis = RedisStock(settings) if settings.cache_url else None
        self.state_without = "bypass" if settings.cache_url else "off"

    def open(self) -> None:
        """Opens the connections, so that no request has to; without Redis they are opened when it is back."""
        if self._redis is None:
            return
        try:
            self._redis.open()
        except FAULTS as fault:
            log.warning("cache not reached: %r", fault)

    def answer(self, plan: Plan, load: Call[bytes]) -> Answer:
        """Gives the cached body, or what `load` gives and keeps it; never fails because of Redis."""
        if self._redis is None:
            return _loaded(load, "off")
        try:
            found = self._find(self._redis, plan)
        except FAULTS as fault:
            _count("bypass", fault)
            return _loaded(load, "bypass")
        if found.body is not None:
            metrics.cache("hit")
            return cached(found.body, "hit")
        metrics.cache("miss")
        answer = _loaded(load, "miss")
        self._keep(self._redis, plan, found, answer.body)
        return answer

    def drop(self, groups: Sequence[str]) -> None:
        """Ends every value of these groups, in one DEL; for after the commit and before the answer."""
        if self._redis is None or not groups:
            return
        try:
            self._redis.run("DEL", *caching.stamp_keys(self._prefix, groups))
            metrics.cache("dropped")
        except FAULTS as fault:
            _count("refused", fault)

    def state(self) -> str:
        """Tells whether the cache is off, ok or down; nobody is to depend on it."""
        if self._redis is None:
            return "off"
        try:
            self._redis.run("PING")
            return "ok"
        except FAULTS:
            return "down"

    def close(self) -> None:
        """Closes the connections."""
        if self._redis is not None:
            self._redis.close()

    def _find(self, redis: RedisStock, plan: Plan) -> Found:
        keys = caching.stamp_keys(self._prefix, plan.groups)
        values = redis.run("MGET", caching.value_key(self._prefix, plan), *keys)
        found = caching.judge(values)
        if None in found.stamps:
            self._make_stamps(redis, keys, found)
        return found

    def _make_stamps(self, redis: RedisStock, keys: list[str], found: Found) -> None:
        for place, key in enumerate(keys):
            if found.stamps[place] is None:
                made = caching.new_stamp()
                earlier = redis.run("SET", key, made, "NX", "GET", "EX", caching.STAMP_LIFETIME)
                found.stamps[place] = caching.stamp_in_force(earlier, made)

    def _keep(self, redis: RedisStock, plan: Plan, found: Found, body: bytes) -> None:
        value = caching.enclose(found.stamps, body)
        try:
            key = caching.value_key(self._prefix, plan)
            redis.run("SET", key, value, "PX", caching.lifetime_milliseconds())
        except FAULTS as fault:
            _count("refused", fault)


def _loaded(load: Call[bytes], state: str) -> Answer:
    try:
        body = load()
    except Problem as problem:
        raise problem.having(("X-Cache", state)) from problem.__cause__
    return cached(body, state)


def _count(event: str, fault: Exception) -> None:
    metrics.cache(event)
    log.warning("cache %s: %r", event, fault)
