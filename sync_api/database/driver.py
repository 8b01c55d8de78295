"""The seam to PyMySQL: connecting, running a statement within a time, and closing."""

from collections.abc import Sequence
from typing import Any

import pymysql

from shared.database.connections import Raw, Result, connection_options, encryption
from shared.database.faults import ConnectionLost, NoAnswerInTime, connecting_fault, fault_of
from shared.service.settings import Settings
from shared.shop import statements


def connect(settings: Settings, seconds: float) -> Raw:
    """An open connection; raises a DatabaseFault, after `seconds`, or READ_TIMEOUT from a server that accepts only."""
    context = encryption(settings)
    limits = dict.fromkeys(("read_timeout", "write_timeout"), settings.read_timeout)
    options = connection_options(settings, seconds) | limits
    try:
        # PyMySQL speaks TLS whenever it is offered, aiomysql does not: both are told.
        raw: Raw = pymysql.connect(ssl=context, ssl_disabled=context is None, **options)
    except (pymysql.Error, OSError) as error:
        raise connecting_fault(error) from error
    if context is not None:
        _check_encryption(raw, seconds)
    return raw


def execute(raw: Raw, statement: str, values: Sequence[Any], seconds: float) -> Result:
    """The result of a statement; raises a DatabaseFault, NoAnswerInTime after READ_TIMEOUT."""
    del seconds  # PyMySQL takes its time-outs when it connects, not with a statement
    try:
        with raw.cursor() as cursor:
            cursor.execute(statement, values or None)
            return Result(tuple(cursor.fetchall() or ()), cursor.rowcount, cursor.lastrowid or 0)
    except pymysql.Error as error:
        if isinstance(error.__context__, TimeoutError):
            raise NoAnswerInTime("no answer within READ_TIMEOUT") from error
        raise fault_of(error) from error


def close(raw: Raw) -> None:
    """Says farewell where the driver has not closed by itself; a few bytes, so that nothing waits for the server."""
    raw.close()


def _check_encryption(raw: Raw, seconds: float) -> None:
    # PyMySQL refuses a server that offers no TLS, aiomysql goes on without: both look at what was agreed on.
    try:
        result = execute(raw, statements.CIPHER, (), seconds)
        if not result.rows[0][1]:
            raise ConnectionLost("the server offers no TLS")
    except BaseException:
        close(raw)
        raise
