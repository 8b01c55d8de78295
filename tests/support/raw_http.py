"""Requests as raw bytes, for input that HTTP clients refuse to send."""

import io
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import NamedTuple
from urllib.parse import urlsplit

SECONDS = 15.0


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes


class Reader(io.BufferedReader):
    """http.client closes its file after an answer; this one stays open for the next."""

    def close(self) -> None:
        """Do nothing."""


class Wire:
    """A connection to a service; each read and write raises TimeoutError after SECONDS."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = Reader(socket.SocketIO(connection, "r"))

    def makefile(self, _mode: str) -> Reader:
        """Called by http.client."""
        return self._reader

    def send(self, *parts: bytes) -> None:
        """The server may close the connection before all parts are sent."""
        try:
            for part in parts:
                self._connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            return

    def readable(self) -> bool:
        return bool(select.select([self._connection], [], [], 0)[0])

    def answer(self, method: str = "GET") -> Answer | None:
        """The next answer, or None when the server closed the connection."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]
        try:
            response.begin()
            return Answer(response.status, response.headers, response.read())
        except (HTTPException, ConnectionResetError):
            return None

    def line(self) -> bytes:
        """Protocol and status of an answer without a body."""
        first = self._reader.readline()
        while self._reader.readline().strip():
            pass
        return b" ".join(first.split()[:2])

    def closed(self) -> bool:
        """Whether the next read is the end of the connection."""
        try:
            return self._reader.read(1) == b""
        except ConnectionResetError:
            return True

    def done(self) -> None:
        """Half-close the connection."""
        self._connection.shutdown(socket.SHUT_WR)


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 80), SECONDS) as connection:
        yield Wire(connection)


def head(line: str, *headers: str) -> bytes:
    """Request line, Host and headers."""
    return "\r\n".join([line, "Host: localhost", *headers, "", ""]).encode("latin-1")


def exchange(url: str, *parts: bytes, method: str = "GET") -> Answer | None:
    """One request on its own connection; None when the server closed it without an answer."""
    with wire(url) as connection:
        connection.send(*parts)
        return connection.answer(method)
