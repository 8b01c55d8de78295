"""Seam: connecting, running a statement with a time limit, and closing, with aiomysql."""

import asyncio
from collections.abc import Sequence

import aiomysql

from shared.database.connections import Raw, Result, connection_options, encryption
from shared.database.faults import ConnectionLost, NoAnswerInTime, connecting_fault, fault_of
from shared.service.settings import Settings
from shared.shop import statements


async def connect(settings: Settings, seconds: float) -> Raw:
    """Raises a DatabaseFault, after `seconds` at the latest."""
    context = encryption(settings)
    options = connection_options(settings, seconds)
    options["db"] = options.pop("database")
    try:
        # connect_timeout of aiomysql covers the TCP connection, not the greeting and the login.
        async with asyncio.timeout(seconds):
            raw: Raw = await aiomysql.connect(ssl=context, **options)
    except (aiomysql.Error, OSError) as error:
        raise connecting_fault(error) from error
    if context is not None:
        await _check_encryption(raw, seconds)
    return raw


async def execute(raw: Raw, statement: str, values: Sequence[object], seconds: float) -> Result:
    """Raises a DatabaseFault, NoAnswerInTime after `seconds`."""
    try:
        async with asyncio.timeout(seconds), raw.cursor() as cursor:
            await cursor.execute(statement, values or None)
            rows = await cursor.fetchall()
            return Result(tuple(rows or ()), cursor.rowcount, cursor.lastrowid or 0)
    except TimeoutError as error:
        raise NoAnswerInTime(f"no answer within {seconds:.1f} s") from error
    except (aiomysql.Error, OSError) as error:
        raise fault_of(error) from error


def close(raw: Raw) -> None:
    """Close without COM_QUIT: the server may be gone."""
    raw.close()


async def _check_encryption(raw: Raw, seconds: float) -> None:
    # PyMySQL refuses a server that offers no TLS, aiomysql continues without it: both check the cipher in use.
    try:
        result = await execute(raw, statements.CIPHER, (), seconds)
        if not result.rows[0][1]:
            raise ConnectionLost("the server offers no TLS")
    except BaseException:
        close(raw)
        raise
