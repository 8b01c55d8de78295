"""A bounded stock of connections to Redis: redis-py's protocol without its client's own pool and retries."""

from time import monotonic
from typing import Any

from hiredis import pack_command
from redis.asyncio.connection import Connection, parse_url
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import ResponseError

from shared.cache.steps import Command
from shared.service import runtime_facts
from shared.service.metrics import Metrics
from shared.service.settings import Settings

from ..service.waiting import Stock
from .redis_limit import LIMITED, limit

# redis-py types these on one side only, hiredis its tuple of words as one of a single word.
new_connection: Any = Connection
options_in: Any = parse_url
pack: Any = pack_command


class RedisStock:
    """Runs single commands; a connection on which one failed is closed and opened again by the next."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._metrics = metrics
        self._seconds = settings.cache_timeout
        options: dict[str, Any] = {
            **options_in(settings.cache_url),
            **LIMITED,
            # How long a command may take is said with each command.
            "socket_timeout": None,
            "socket_connect_timeout": settings.cache_timeout,
            # No second try: redis-py's default of ten makes one GET last four seconds while Redis is down.
            "retry": None,
            "protocol": 2,
        }
        self._all: list[Any] = [new_connection(**options) for _ in range(settings.in_flight)]
        self._stock: Stock[Any] = Stock()
        for connection in self._all:
            self._stock.put(connection)

    async def open(self) -> None:
        """Opens all connections, so that no request has to; raises a RedisError, TimeoutError or OSError."""
        runtime_facts.redis(self._metrics, self._all[0])
        for connection in self._all:
            async with limit(connection, self._seconds):
                await connection.connect()

    async def run(self, command: Command, seconds: float) -> Any:
        """Gives what the reply to a command means; raises ResponseError, or anything else when Redis is in trouble."""
        ends = monotonic() + seconds
        connection = await self._stock.take(seconds)
        try:
            return await _reply(connection, command, ends)
        finally:
            self._stock.put(connection)

    async def close(self) -> None:
        """Closes the connections."""
        for connection in self._all:
            await connection.disconnect()


async def _reply(connection: Any, command: Command, ends: float) -> Any:
    fresh = not connection.is_connected
    try:
        return await _exchange(connection, command, ends)
    except (Disconnected, ConnectionError):
        # Redis closed it while it lay in stock; whatever Redis did, each of our commands may be repeated.
        if fresh:
            raise
        return await _exchange(connection, command, ends)


async def _exchange(connection: Any, command: Command, ends: float) -> Any:
    try:
        async with limit(connection, ends - monotonic()):
            # Past what redis-py's connection does around packer and parser: every cached read would pay for it.
            await connection.send_packed_command([pack(command.words)], check_health=False)
            reply = await connection._parser.read_response(disable_decoding=True)
        if isinstance(reply, ResponseError):
            raise reply
        return command.understand(reply)
    except ResponseError:
        raise
    except BaseException:
        # A reply that comes after we gave up, or after one that means nothing, would be taken for the next command's.
        await connection.disconnect(nowait=True)
        raise
