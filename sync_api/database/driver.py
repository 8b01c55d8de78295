"""The seam to PyMySQL: connecting, running a statement within a time, and closing."""

import socket
import struct
from collections.abc import Sequence
from typing import Any

import pymysql

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


def connect(settings: Settings, seconds: float) -> Raw:
    """Gives an open connection; raises ConnectionLost, also after `seconds`."""
    context = encryption(settings)
    # PyMySQL bounds only the connecting by connect_timeout, not the greeting and the login after it.
    options = connection_options(settings, seconds) | dict.fromkeys(("read_timeout", "write_timeout"), seconds)
    try:
        # PyMySQL speaks TLS whenever it is offered, aiomysql does not: both are told.
        raw: Raw = pymysql.connect(ssl=context, ssl_disabled=context is None, **options)
        if context is None:
            raw._sock = _Socket(raw._sock, settings.connect_timeout)
            raw._rfile = raw._sock.makefile("rb")
        return raw
    except (pymysql.Error, OSError) as error:
        raise ConnectionLost(str(error)) from error


def execute(raw: Raw, statement: str, values: Sequence[Any], seconds: float) -> Result:
    """Gives the result of a statement; raises a DatabaseFault, NoAnswerInTime after `seconds`."""
    raw._read_timeout = raw._write_timeout = seconds
    try:
        with raw.cursor() as cursor:
            cursor.execute(statement, values or None)
            return Result(tuple(cursor.fetchall() or ()), cursor.rowcount, cursor.lastrowid or 0)
    except pymysql.Error as error:
        if isinstance(error.__context__, TimeoutError | BlockingIOError):
            raise NoAnswerInTime(f"no answer within {seconds:.1f} s") from error
        raise fault_of(error) from error


def close(raw: Raw) -> None:
    """Closes without a word to the server, who may be gone."""
    raw._force_close()


class _Socket(socket.socket):
    # Python's own time-outs poll before each send and receive, and each such call hands the interpreter's lock over.
    def __init__(self, connected: socket.socket, seconds: float | None) -> None:
        connected.setblocking(True)
        super().__init__(fileno=connected.detach())
        self.settimeout(seconds)

    def settimeout(self, seconds: float | None) -> None:
        limit = struct.pack("@ll", *divmod(max(1, round((seconds or 0) * 1e6)), 10**6))  # to the kernel 0 is for ever
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def recv_into(self, *where: Any) -> int:
        try:
            return super().recv_into(*where)
        except BlockingIOError:
            raise TimeoutError("timed out") from None
