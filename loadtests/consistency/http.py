"""A keep-alive HTTP connection that reports why a request had no answer.

Common clients hide this: they repeat a GET on a closed connection, and do not report whether any byte of an answer had
come. So the connection is our own code, and httptools only parses.
"""

import asyncio
from time import monotonic
from typing import Final

import httptools
import msgspec

from loadtests.consistency.history import Fault

HOST: Final = "127.0.0.1"
CHUNK: Final = 65536


class Reply(msgspec.Struct, gc=False):
    """A complete answer; header names are lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class NoAnswer(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


class Client:
    """One connection to a loopback port, opened for a request if there is none; one request at a time."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._seconds = seconds
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.sent = 0.0

    async def ask(self, method: str, path: str, body: bytes = b"", *headers: str) -> Reply:
        """Sets `sent` to the time just before the first byte. Raises NoAnswer."""
        self.sent = monotonic()
        kept = False
        try:
            async with asyncio.timeout(self._seconds):
                reply, kept = await self._exchange(request_bytes(method, path, body, headers))
                return reply
        except TimeoutError:
            raise NoAnswer("timed out") from None
        finally:
            if not kept:
                self.close()

    def close(self) -> None:
        if self._streams:
            self._streams[1].transport.abort()
            self._streams = None

    async def _exchange(self, request: bytes) -> tuple[Reply, bool]:
        """The answer, and whether the connection stays open."""
        reader, writer = await self._connected()
        self.sent = monotonic()
        writer.write(request)
        answer = _Answer()
        try:
            while answer.reply is None and (data := await reader.read(CHUNK)):
                answer.feed(data)
        except ConnectionError:
            pass  # a reset by the service counts as closed, too
        except httptools.HttpParserError:
            raise NoAnswer("garbled") from None
        if answer.reply is None:
            raise NoAnswer("cut" if answer.begun else "closed")
        return answer.reply, answer.kept

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Opens a connection if there is none, or it was closed since the last answer."""
        if self._streams is None or self._streams[0].at_eof() or self._streams[0].exception():
            self.close()
            try:
                self._streams = await asyncio.open_connection(HOST, self._port)
            except OSError:
                raise NoAnswer("refused") from None
        return self._streams


class _Answer:
    """The received part of an answer, parsed by httptools."""

    def __init__(self) -> None:
        self.begun = self.kept = False
        self.reply: Reply | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> None:
        self.begun = True
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self.reply = Reply(self._parser.get_status_code(), self._headers, b"".join(self._body))
        self.kept = self._parser.should_keep_alive()


def request_bytes(method: str, path: str, body: bytes, headers: tuple[str, ...]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
