"""A bounded stock of connections to Redis: redis-py's protocol without its client's own pool and retries."""

from typing import Any

from redis.asyncio.connection import Connection, parse_url
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import ResponseError

from shared import traits
from shared.settings import Settings

from .waiting import SOCKET_LIMITS, Stock, limit

# redis-py types these on one side only.
new_connection: Any = Connection
options_in: Any = parse_url


class RedisStock:
    """Runs single commands; a connection on which one failed is closed and opened again by the next."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.cache_timeout
        options: dict[str, Any] = {
            **options_in(settings.cache_url),
            "socket_timeout": settings.cache_timeout if SOCKET_LIMITS else None,
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
        traits.redis(self._all[0])
        for connection in self._all:
            async with limit(self._seconds):
                await connection.connect()

    async def run(self, *words: str | bytes | int) -> Any:
        """Gives the reply to a command; raises a RedisError, TimeoutError or OSError within the time-outs."""
        connection = await self._stock.take(self._seconds)
        try:
            async with limit(self._seconds):
                return await self._reply(connection, words)
        finally:
            self._stock.put(connection)

    async def close(self) -> None:
        """Closes the connections."""
        for connection in self._all:
            await connection.disconnect()

    async def _reply(self, connection: Any, words: tuple[str | bytes | int, ...]) -> Any:
        fresh = not connection.is_connected
        try:
            return await _exchange(connection, words)
        except Disconnected:
            # Redis closed it while it lay in stock; whatever Redis did, each of our commands may be repeated.
            if fresh:
                raise
            return await _exchange(connection, words)


async def _exchange(connection: Any, words: tuple[str | bytes | int, ...]) -> Any:
    try:
        await connection.send_command(*words, check_health=False)
        return await connection.read_response(disable_decoding=True)
    except ResponseError:
        raise
    except BaseException:
        # A reply that comes after we gave up would be taken for the next command's.
        await connection.disconnect(nowait=True)
        raise
