"""The seam to aiomysql: connecting, running a statement within a time, and closing."""

import asyncio
from collections.abc import Sequence
from typing import Any

import aiomysql
from aiomysql.connection import CLIENT

from shared.database.connections import (
    ConnectionLost,
    NoAnswerInTime,
    Raw,
    Result,
    connection_options,
    encryption,
    fault_of,
)
from shared.service.settings import Settings


async def connect(settings: Settings, seconds: float) -> Raw:
    """Gives an open connection; raises ConnectionLost, also after `seconds`."""
    options = connection_options(settings, seconds)
    options["db"] = options.pop("database")
    context = encryption(settings)
    # aiomysql bounds only the connecting by connect_timeout, not the greeting and the login after it.
    try:
        async with asyncio.timeout(seconds):
            raw = aiomysql.Connection(ssl=context, **options)
            # aiomysql lets one call hold many statements and has no option against it; PyMySQL does not.
            raw.client_flag &= ~CLIENT.MULTI_STATEMENTS
            await raw._connect()
            if context and not raw.server_capabilities & CLIENT.SSL:
                raise ConnectionLost("the server offers no TLS, and aiomysql goes on without")
            return raw
    except (aiomysql.Error, OSError) as error:
        raise ConnectionLost(str(error) or "no answer in time") from error


async def execute(raw: Raw, statement: str, values: Sequence[Any], seconds: float) -> Result:
    """Gives the result of a statement; raises a DatabaseFault, NoAnswerInTime after `seconds`."""
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
