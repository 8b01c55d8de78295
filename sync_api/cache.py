"""Cache-aside over Redis; the policy is in shared/caching.py, here is only what has to wait."""

import logging
from collections.abc import Sequence
from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from shared import caching, metrics
from shared.answer import Answer, cached
from shared.caching import Found, Plan
from shared.errors import Problem
from shared.settings import Settings

from .background import Call

FAULTS = (RedisError, OSError, TimeoutError)
log = logging.getLogger(__name__)


class Cache:
    """The bodies of cached routes; without CACHE_URL it hands every request through and says so."""

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.prefix
        self._connections = settings.in_flight
        self._client = _client(settings) if settings.cache_url else None
        self.state_without = "miss" if settings.cache_url else "off"

    def open(self) -> None:
        """Opens the connections, so that no request has to; without Redis they are opened when it is back."""
        if self._client is None:
            return
        pool: Any = self._client.connection_pool
        opened: list[Any] = []
        try:
            while len(opened) < self._connections:
                opened.append(pool.get_connection())
        except FAULTS as fault:
            _count("refused", fault)
        for connection in opened:
            pool.release(connection)

    def answer(self, plan: Plan, load: Call[bytes]) -> Answer:
        """Gives the cached body, or what `load` gives and keeps it; never fails because of Redis."""
        if self._client is None:
            return _loaded(load, "off")
        try:
            found = self._find(self._client, plan)
        except FAULTS as fault:
            _count("bypass", fault)
            return _loaded(load, "bypass")
        if found.body is not None:
            metrics.cache("hit")
            return cached(found.body, "hit")
        answer = _loaded(load, "miss")
        metrics.cache("miss")
        self._keep(self._client, plan, found, answer.body)
        return answer

    def drop(self, groups: Sequence[str]) -> None:
        """Ends every value of these groups, in one DEL; for after the commit and before the answer."""
        if self._client is None or not groups:
            return
        try:
            self._client.delete(*caching.stamp_keys(self._prefix, groups))
            metrics.cache("dropped")
        except FAULTS as fault:
            _count("refused", fault)

    def state(self) -> str:
        """Tells whether the cache is off, ok or down; nobody is to depend on it."""
        if self._client is None:
            return "off"
        try:
            self._client.ping()
            return "ok"
        except FAULTS:
            return "down"

    def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            self._client.close()

    def _find(self, client: Redis, plan: Plan) -> Found:
        keys = caching.stamp_keys(self._prefix, plan.groups)
        values = client.mget([caching.value_key(self._prefix, plan), *keys])
        found = caching.judge(values)
        if None in found.stamps:
            self._make_stamps(client, keys, found)
        return found

    def _make_stamps(self, client: Redis, keys: list[str], found: Found) -> None:
        for place, key in enumerate(keys):
            if found.stamps[place] is None:
                made = caching.new_stamp()
                earlier = client.set(key, made, nx=True, get=True, ex=caching.STAMP_LIFETIME)
                found.stamps[place] = caching.stamp_in_force(earlier, made)

    def _keep(self, client: Redis, plan: Plan, found: Found, body: bytes) -> None:
        value = caching.enclose(found.stamps, body)
        try:
            key = caching.value_key(self._prefix, plan)
            client.set(key, value, px=caching.lifetime_milliseconds())
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
    log.warning("cache %s: %s", event, fault)


def _client(settings: Settings) -> Redis:
    pool = BlockingConnectionPool.from_url(
        settings.cache_url,
        max_connections=settings.in_flight,
        timeout=settings.cache_timeout,
        socket_timeout=settings.cache_timeout,
        socket_connect_timeout=settings.cache_timeout,
        # No second try: redis-py's default of ten makes one GET last four seconds while Redis is down.
        retry=None,
        decode_responses=False,
        protocol=2,
    )
    return Redis.from_pool(pool)
