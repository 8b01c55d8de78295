"""The seam to aiomysql: connecting, running a statement within a time, and closing."""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiomysql

from shared.database.connections import Raw, Result, connection_options, encryption
from shared.database.faults import ConnectionLost, NoAnswerInTime, connecting_fault, fault_of
from shared.service.settings import Settings
from shared.shop import statements


async def connect(settings: Settings, seconds: float) -> Raw:
    """An open connection; raises a DatabaseFault, after `seconds` at the latest."""
    context = encryption(settings)
    options = connection_options(settings, seconds)
    options["db"] = options.pop("database")
    try:
        # aiomysql bounds only the connecting by connect_timeout, not the greeting and the login after it.
        async with asyncio.timeout(seconds):
            raw: Raw = await aiomysql.connect(ssl=context, **options)
    except (aiomysql.Error, OSError) as error:
        raise connecting_fault(error) from error
    if context is not None:
        await _check_encryption(raw, seconds)
    return raw


async def execute(raw: Raw, statement: str, values: Sequence[Any], seconds: float) -> Result:
    """The result of a statement; raises a DatabaseFault, NoAnswerInTime after `seconds`."""
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
    """Closes without a word to the server, who may be gone."""
    raw.close()


async def _check_encryption(raw: Raw, seconds: float) -> None:
    # PyMySQL refuses a server that offers no TLS, aiomysql goes on without: both look at what was agreed on.
    try:
        result = await execute(raw, statements.CIPHER, (), seconds)
        if not result.rows[0][1]:
            raise ConnectionLost("the server offers no TLS")
    except BaseException:
        close(raw)
        raise
