"""The seam of how long a command to Redis may take: all of it, and not each part of its reply."""

import socket
import struct
from contextlib import nullcontext
from time import monotonic
from typing import Any

from redis.connection import DefaultParser


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


class _Parser(DefaultParser):  # type: ignore[misc, valid-type]
    """Reads a reply up to a moment; a socket's own time-out starts again with every byte that drips in."""

    ends = given = 0.0
    first = True

    def on_connect(self, connection: Any, **options: Any) -> None:
        connection._sock = _Socket(connection._sock, connection.socket_timeout)
        super().on_connect(connection, **options)

    def read_from_socket(self, *_: Any, **__: Any) -> bool:
        if not self.first:
            self.given = self.ends - monotonic()
            if self.given <= 0 or self._sock is None:
                raise TimeoutError("a reply that drips")
            self._sock.settimeout(self.given)
        self.first = False
        return bool(super().read_from_socket())


# What a connection has to be made with, for its limits to hold.
LIMITED: dict[str, Any] = {"parser_class": _Parser}
_LIMITED = nullcontext()


def limit(connection: Any, seconds: float) -> nullcontext[None]:
    """Ends what happens on a connection after so many seconds, with a TimeoutError."""
    if seconds <= 0:
        raise TimeoutError("no time left")
    parser, socket = connection._parser, connection._sock
    parser.ends, parser.first = monotonic() + seconds, True
    # Near enough is left as it is: setting it costs system calls.
    if socket is None or not seconds <= parser.given <= 1.05 * seconds:
        parser.given = connection.socket_timeout = connection.socket_connect_timeout = seconds
        if socket is not None:
            socket.settimeout(seconds)
    return _LIMITED
