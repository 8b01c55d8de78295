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

    def read(self, statement: str, *values: object) -> Rows:
        """Raises a Problem; the statement must change nothing, because it may be sent again."""

        def work(connection: Connection) -> Rows:
            result = connection.run(statement, *values)
            return result.rows

        return self._attempt(work)

    def write(self, work: Call[[Connection], T]) -> Outcome[T]:
        """Run `work` in a transaction and commit; `work` may run up to ATTEMPTS times."""
        try:
            return self._attempt(partial(_transaction, work))
        except Problem as problem:
            return Refused(problem)

    def _attempt(self, work: Call[[Connection], T]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._on_a_connection(work)
            except DatabaseFault as fault:
                if not fault.repeatable or attempt == ATTEMPTS:
                    log.log(fault.level, "database: %s", fault)
                    raise fault.problem() from fault
                self._metrics.retried.inc()
        raise AssertionError("the last attempt returns or raises")

    def _on_a_connection(self, work: Call[[Connection], T]) -> T:
        connection = self._pool.acquire()
        try:
            return work(connection)
        except DatabaseFault as fault:
            if fault.breaks and fault.repeatable:
                self._pool.suspect()
            raise
        finally:
            self._pool.release(connection)


def _transaction(work: Call[[Connection], T], connection: Connection) -> Outcome[T]:
    try:
        connection.begin()
        value = work(connection)
        try:
            connection.commit()
        except CommitUnknown as fault:
            log.log(fault.level, "database: %s", fault)
            return Unknown(value, fault.problem())
    except Exception:
        connection.roll_back()
        raise
    return Committed(value)
