"""Requests byte by byte, for what no proper client sends."""

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import NamedTuple
from urllib.parse import urlsplit

SECONDS = 15.0


class Answer(NamedTuple):
    """An answer as it came over the wire."""

    status: int
    headers: HTTPMessage
    body: bytes


class Reader(io.BufferedReader):
    """What has come over the wire; the end of one answer does not end it."""

    def close(self) -> None:
        """Leaves the rest for the next answer."""


class Wire:
    """A connection to a service; every wait on it ends after SECONDS with TimeoutError."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = Reader(socket.SocketIO(connection, "r"))

    def makefile(self, _mode: str) -> Reader:
        """Gives what an answer is read from."""
        return self._reader

    def send(self, *parts: bytes) -> None:
        """Sends the parts; a server that closes in the middle is no error of ours."""
        try:
            for part in parts:
                self._connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            return

    def answer(self, method: str = "GET") -> Answer | None:
        """Gives the next answer, or None when the server closed instead."""
        response = HTTPResponse(self, method=method)  # type: ignore[arg-type]
        try:
            response.begin()
            return Answer(response.status, response.headers, response.read())
        except (HTTPException, ConnectionResetError):
            return None

    def line(self) -> bytes:
        """Gives the protocol and status of an answer that has only a head, and skips the rest of it."""
        first = self._reader.readline()
        while self._reader.readline().strip():
            pass
        return b" ".join(first.split()[:2])

    def closed(self) -> bool:
        """Tells whether the server has closed the connection, or does so soon."""
        try:
            return self._reader.read(1) == b""
        except ConnectionResetError:
            return True

    def done(self) -> None:
        """Tells the server that nothing more will come."""
        self._connection.shutdown(socket.SHUT_WR)


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """Gives a connection to the service at `url`."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port or 80), SECONDS) as connection:
        yield Wire(connection)


def head(line: str, *headers: str) -> bytes:
    """Gives the head of a request with a proper Host."""
    return "\r\n".join([line, "Host: localhost", *headers, "", ""]).encode("latin-1")


def one(url: str, *parts: bytes, method: str = "GET") -> Answer | None:
    """Gives the answer to a request on a connection of its own, or None when the server closed."""
    with wire(url) as connection:
        connection.send(*parts)
        return connection.answer(method)
