"""Replaces async_api/database/driver.py: asyncmy, which reads results in Cython."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import asyncmy
from asyncmy.converters import conversions
from asyncmy.cursors import Cursor

from shared.database.connections import Raw, Result, connection_options, encryption
from shared.database.faults import ConnectionLost, NoAnswerInTime, connecting_fault, fault_of
from shared.service.settings import Settings
from shared.shop import statements

DECODERS: Final = {kind: call for kind, call in conversions.items() if isinstance(kind, int)}


async def connect(settings: Settings, seconds: float) -> Raw:
    """Raises a DatabaseFault, after `seconds` at the latest."""
    context = encryption(settings)
    options = connection_options(settings, seconds)
    try:
        # connect_timeout covers the TCP connection, not the greeting and the login.
        async with asyncio.timeout(seconds):
            raw: Any = await asyncmy.connect(ssl=context, conv=conversions, cursor_cls=Cursor, **options)
    except (asyncmy.Error, OSError) as error:
        raise connecting_fault(error) from error
    # The ledger reads these attributes, which the other drivers have.
    raw.cursorclass, raw.decoders = Cursor, DECODERS
    if context is not None:
        await _check_encryption(raw, seconds)
    return raw  # type: ignore[no-any-return]


async def execute(raw: Raw, statement: str, values: Sequence[object], seconds: float) -> Result:
    """Raises a DatabaseFault, NoAnswerInTime after `seconds`."""
    try:
        async with asyncio.timeout(seconds), raw.cursor() as cursor:
            await cursor.execute(statement, values or None)
            rows = await cursor.fetchall()
            return Result(tuple(rows or ()), cursor.rowcount, cursor.lastrowid or 0)
    except TimeoutError as error:
        raise NoAnswerInTime(f"no answer within {seconds:.1f} s") from error
    except (asyncmy.Error, OSError) as error:
        raise fault_of(error) from error


def close(raw: Raw) -> None:
    """Close without COM_QUIT: the server may be gone."""
    raw.close()


async def _check_encryption(raw: Raw, seconds: float) -> None:
    try:
        result = await execute(raw, statements.CIPHER, (), seconds)
        if not result.rows[0][1]:
            raise ConnectionLost("the server offers no TLS")
    except BaseException:
        close(raw)
        raise
