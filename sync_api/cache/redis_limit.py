"""The seam of how long a command to Redis may take: all of it, and not each part of its reply."""

from contextlib import nullcontext
from time import monotonic
from typing import Any

from redis.connection import DefaultParser

from ..database.driver import _Socket


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
