"""A line echo server for tests of the proxy."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from compose.local.ports import LOOPBACK

SECONDS = 15.0


class Echo:
    """`heard` holds (monotonic time, line) of each line received."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, bytes]] = []
        self._listener = socket.create_server((LOOPBACK, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Refuse new connections; idempotent."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                for line in lines:
                    self.heard.append((time.monotonic(), line))
                    connection.sendall(line)
            except OSError:
                return


@contextmanager
def echo_server() -> Iterator[Echo]:
    echo = Echo()
    try:
        yield echo
    finally:
        echo.close()
