"""Reads and transactions, retried on another connection where that is safe."""

import logging
from functools import partial

from shared.database.connections import ATTEMPTS
from shared.database.faults import CommitUnknown, DatabaseFault
from shared.database.outcomes import Committed, Outcome, Refused, Unknown
from shared.http.errors import Problem
from shared.service.metrics import Metrics
from shared.shop.answers import Rows

from ..service.background import Call, T
from .connection import Connection
from .pool import Pool

log = logging.getLogger(__name__)


class Database:
    """Every statement of the service goes through `read` or `write`."""

    def __init__(self, pool: Pool, metrics: Metrics) -> None:
        self._pool = pool
        self._metrics = metrics

    async def read(self, statement: str, *values: object) -> Rows:
        """Raises a Problem; the statement must change nothing, because it may be sent again."""

        async def work(connection: Connection) -> Rows:
            result = await connection.run(statement, *values)
            return result.rows

        return await self._attempt(work)

    async def write(self, work: Call[[Connection], T]) -> Outcome[T]:
        """Run `work` in a transaction and commit; `work` may run up to ATTEMPTS times."""
        try:
            return await self._attempt(partial(_transaction, work))
        except Problem as problem:
            return Refused(problem)

    async def _attempt(self, work: Call[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._on_a_connection(work)
            except DatabaseFault as fault:
                if not fault.repeatable or attempt == ATTEMPTS:
                    log.log(fault.level, "database: %s", fault)
                    raise fault.problem() from fault
                self._metrics.retried.inc()
        raise AssertionError("the last attempt returns or raises")

    async def _on_a_connection(self, work: Call[[Connection], T]) -> T:
        connection = await self._pool.acquire()
        try:
            return await work(connection)
        except DatabaseFault as fault:
            if fault.breaks and fault.repeatable:
                self._pool.suspect()
            raise
        finally:
            self._pool.release(connection)


async def _transaction(work: Call[[Connection], T], connection: Connection) -> Outcome[T]:
    try:
        await connection.begin()
        value = await work(connection)
        try:
            await connection.commit()
        except CommitUnknown as fault:
            log.log(fault.level, "database: %s", fault)
            return Unknown(value, fault.problem())
    except Exception:
        await connection.roll_back()
        raise
    return Committed(value)
