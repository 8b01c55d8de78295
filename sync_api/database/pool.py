"""The pool: a fixed number of connections, opened before traffic, and a bounded wait for one of them."""

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
    """Hands out connections; a slot whose connection was discarded is empty and opens one when it is taken."""

    def __init__(self, settings: Settings, background: Background, metrics: Metrics) -> None:
        self._settings = settings
        self._background = background
        self._metrics = metrics
        self._slots: FairQueue[Connection | None] = FairQueue()
        self._suspect_before = 0.0

    def open(self) -> None:
        """Opens all connections; without a database the slots stay empty and the service is not ready."""
        opened: list[Connection | None] = []
        try:
            while len(opened) < self._settings.pool:
                connection = self._opened()
                opened.append(connection)
                if len(opened) == 1:
                    connection.describe(self._metrics)
        except DatabaseFault as fault:
            log.error("the database cannot be reached: %s", fault)
        for slot in opened + [None] * (self._settings.pool - len(opened)):
            self._slots.put(slot)

    def is_busy(self) -> bool:
        """Tells whether fewer than a quarter of the connections are free."""
        return 4 * self._slots.free < self._settings.pool

    def acquire(self) -> Connection:
        """Gives a connection; raises a 503 after ACQUIRE_TIMEOUT, DatabaseFault when none can be opened."""
        started = monotonic()
        try:
            slot = self._slots.take(deadlines.within(self._settings.acquire_timeout))
        except TimeoutError:
            self._metrics.refused.inc()
            raise unavailable("All database connections are busy.") from None
        self._metrics.pool_wait.observe(monotonic() - started)
        return self._usable(slot)

    def release(self, connection: Connection) -> None:
        """Takes a connection back; a broken one, or one inside a transaction, is closed and leaves its slot empty."""
        self._metrics.pool_in_use.dec()
        self._metrics.pool_held.inc(monotonic() - connection.taken_at)
        if not connection.broken and not connection.begun:
            self._slots.put(connection)
            return
        connection.close()
        self._slots.put(None)

    def suspect(self) -> None:
        """Has every connection older than now replaced before its next use: what killed one killed them all."""
        self._suspect_before = monotonic()

    def close(self, seconds: float) -> None:
        """Closes the connections, each as soon as its request is done with it, for at most `seconds`."""
        ends = monotonic() + seconds
        for _ in range(self._settings.pool):
            try:
                slot = self._slots.take(max(0.0, ends - monotonic()))
            except TimeoutError:
                return
            if slot is not None:
                slot.close()

    def _opened(self) -> Connection:
        connection = open_connection(self._settings, self._background)
        self._metrics.opened.inc()
        return connection

    def _usable(self, slot: Connection | None) -> Connection:
        if slot is not None and slot.opened_at >= self._suspect_before:
            self._metrics.pool_in_use.inc()
            slot.taken_at = monotonic()
            return slot
        try:
            if slot is not None:
                slot.close()
            connection = self._opened()
        except BaseException:
            self._slots.put(None)
            raise
        self._metrics.pool_in_use.inc()
        return connection
