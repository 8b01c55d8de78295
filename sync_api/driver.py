"""The seam to PyMySQL: connecting, running a statement within a time, and closing."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pymysql

from shared.connections import ConnectionLost, NoAnswerInTime, Result, connection_options, encryption, fault_of
from shared.settings import Settings

# Its own time-outs per statement and its way to close without a word are private to PyMySQL.
Raw: TypeAlias = Any


def connect(settings: Settings) -> Raw:
    """Gives an open connection; raises ConnectionLost."""
    options = connection_options(settings)
    context = encryption(settings)
    # PyMySQL bounds only the connecting by connect_timeout, not the greeting and the login after it.
    options |= {"read_timeout": settings.connect_timeout, "write_timeout": settings.connect_timeout}
    try:
        # PyMySQL speaks TLS whenever it is offered, aiomysql does not: both are told.
        raw: Raw = pymysql.connect(ssl=context, ssl_disabled=context is None, **options)
        return raw
    except (pymysql.Error, OSError) as error:
        raise ConnectionLost(str(error)) from error


def execute(raw: Raw, statement: str, values: Sequence[Any], seconds: float) -> Result:
    """Gives the result of a statement; raises a DatabaseFault, NoAnswerInTime after `seconds`."""
    raw._read_timeout = raw._write_timeout = seconds
    try:
        with raw.cursor() as cursor:
            cursor.execute(statement, values or None)
            rows = cursor.fetchall()
            return Result(tuple(rows or ()), cursor.rowcount, cursor.lastrowid or 0)
    except pymysql.Error as error:
        if isinstance(error.__context__, TimeoutError):
            raise NoAnswerInTime(f"no answer within {seconds:.1f} s") from error
        raise fault_of(error) from error


def close(raw: Raw) -> None:
    """Closes without a word to the server, who may be gone."""
    raw._force_close()
