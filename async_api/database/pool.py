"""A connection pool of fixed size, opened before traffic, with a bounded wait."""

import logging
from time import monotonic

from shared.database.faults import DatabaseFault
from shared.http import deadlines
from shared.http.errors import unavailable
from shared.service.metrics import Metrics
from shared.service.settings import Settings

from ..service.background import Background
from ..service.waiting import FairQueue
from .connection import Connection, open_connection

log = logging.getLogger(__name__)


class Pool:
    """Each slot holds a connection or None; an empty slot opens a connection when it is acquired."""

    def __init__(self, settings: Settings, background: Background, metrics: Metrics) -> None:
        self._settings = settings
        self._background = background
        self._metrics = metrics
        self._slots: FairQueue[Connection | None] = FairQueue()
        self._suspect_before = 0.0

    async def open(self) -> None:
        """Open all connections; without a database the slots stay empty and the service is not ready."""
        opened: list[Connection | None] = []
        try:
            while len(opened) < self._settings.pool:
                connection = await self._opened()
                opened.append(connection)
                if len(opened) == 1:
                    await connection.describe(self._metrics)
        except DatabaseFault as fault:
            log.error("the database cannot be reached: %s", fault)
        for slot in opened + [None] * (self._settings.pool - len(opened)):
            self._slots.put(slot)

    def is_busy(self) -> bool:
        """Whether fewer than a quarter of the connections are free."""
        return 4 * self._slots.free < self._settings.pool

    async def acquire(self) -> Connection:
        """Raises a 503 after ACQUIRE_TIMEOUT, a DatabaseFault when an empty slot cannot connect."""
        started = monotonic()
        try:
            slot = await self._slots.take(deadlines.within(self._settings.acquire_timeout))
        except TimeoutError:
            self._metrics.refused.inc()
            raise unavailable("All database connections are busy.") from None
        self._metrics.pool_wait.observe(monotonic() - started)
        return await self._usable(slot)

    def release(self, connection: Connection) -> None:
        """Close a connection that is broken or inside a transaction, and leave its slot empty."""
        self._metrics.pool_in_use.dec()
        self._metrics.pool_held.inc(monotonic() - connection.taken_at)
        if not connection.broken and not connection.begun:
            self._slots.put(connection)
            return
        connection.close()
        self._slots.put(None)

    def suspect(self) -> None:
        """Replace every connection opened before now at its next use: a restart of the server ended them all."""
        self._suspect_before = monotonic()

    async def close(self, seconds: float) -> None:
        """Close each connection once it is released, waiting at most `seconds` in all."""
        ends = monotonic() + seconds
        for _ in range(self._settings.pool):
            try:
                slot = await self._slots.take(max(0.0, ends - monotonic()))
            except TimeoutError:
                return
            if slot is not None:
                slot.close()

    async def _opened(self) -> Connection:
        connection = await open_connection(self._settings, self._background)
        self._metrics.opened.inc()
        return connection

    async def _usable(self, slot: Connection | None) -> Connection:
        if slot is not None and slot.opened_at >= self._suspect_before:
            self._metrics.pool_in_use.inc()
            slot.taken_at = monotonic()
            return slot
        try:
            if slot is not None:
                slot.close()
            connection = await self._opened()
        except BaseException:
            self._slots.put(None)
            raise
        self._metrics.pool_in_use.inc()
        return connection
