"""Seam: connecting, running a statement with a time limit, and closing, with PyMySQL."""

from collections.abc import Sequence

import pymysql

from shared.database.connections import Raw, Result, connection_options, encryption
from shared.database.faults import ConnectionLost, NoAnswerInTime, connecting_fault, fault_of
from shared.service.settings import Settings
from shared.shop import statements


def connect(settings: Settings, seconds: float) -> Raw:
    """Raises a DatabaseFault after `seconds`, or after READ_TIMEOUT when the server accepts and sends no greeting."""
    context = encryption(settings)
    limits = dict.fromkeys(("read_timeout", "write_timeout"), settings.read_timeout)
    options = connection_options(settings, seconds) | limits
    try:
        # By default PyMySQL uses TLS where offered and aiomysql does not: set it for both.
        raw: Raw = pymysql.connect(ssl=context, ssl_disabled=context is None, **options)
    except (pymysql.Error, OSError) as error:
        raise connecting_fault(error) from error
    if context is not None:
        _check_encryption(raw, seconds)
    return raw


def execute(raw: Raw, statement: str, values: Sequence[object], seconds: float) -> Result:
    """Raises a DatabaseFault, NoAnswerInTime after READ_TIMEOUT."""
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
    """Send COM_QUIT unless the driver has closed already; a few bytes, so it does not block."""
    raw.close()


def _check_encryption(raw: Raw, seconds: float) -> None:
    # PyMySQL refuses a server that offers no TLS, aiomysql continues without it: both check the cipher in use.
    try:
        result = execute(raw, statements.CIPHER, (), seconds)
        if not result.rows[0][1]:
            raise ConnectionLost("the server offers no TLS")
    except BaseException:
        close(raw)
        raise
