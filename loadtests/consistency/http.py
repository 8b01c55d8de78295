"""One kept-alive HTTP connection that tells how a request went unanswered.

The usual clients hide what is asked here: they repeat a GET on a connection that was closed, and do not say whether
any byte of an answer had come. So the connection is ours, and only the parsing is httptools'.
"""

import asyncio
from time import monotonic
from typing import Final, cast

import httptools
import msgspec

from loadtests.consistency.history import Fault

HOST: Final = "127.0.0.1"


class Reply(msgspec.Struct, gc=False):
    """A complete answer; header names are in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class NoAnswer(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


class Client:
    """One connection to a port of loopback, opened when a request finds none; one request at a time."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._seconds = seconds
        self._exchange: _Exchange | None = None
        self.sent = 0.0

    async def ask(self, method: str, path: str, body: bytes = b"", *headers: str) -> Reply:
        """`sent` is then the moment before the first byte was sent. Raises NoAnswer."""
        self.sent = monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                exchange = await self._connected()
                self.sent = monotonic()
                return await exchange.run(request_bytes(method, path, body, headers))
        except TimeoutError:
            raise NoAnswer("timed out") from None
        except OSError:
            raise NoAnswer("refused") from None
        finally:
            if self._exchange and self._exchange.unusable:
                self.close()

    def close(self) -> None:
        if self._exchange:
            self._exchange.abort()
            self._exchange = None

    async def _connected(self) -> "_Exchange":
        if self._exchange is None or self._exchange.unusable:
            loop = asyncio.get_running_loop()
            _, self._exchange = await loop.create_connection(_Exchange, HOST, self._port)
        return self._exchange


class _Exchange(asyncio.Protocol):
    """The receiving side: assembles one answer at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None
        self._begin()

    async def run(self, request: bytes) -> Reply:
        """Raises NoAnswer."""
        if self._transport is None:
            raise NoAnswer("closed")
        self._begin()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    @property
    def unusable(self) -> bool:
        """It was closed, or an answer that timed out may still come."""
        waiting = self._answer is not None and (not self._answer.done() or self._answer.cancelled())
        return waiting or self._transport is None or self._transport.is_closing()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._touched = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._touched = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("garbled")
            self.abort()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        self._fail("cut" if self._touched else "closed")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(Reply(self._parser.get_status_code(), self._headers, b"".join(self._body)))
        if self._transport and not self._parser.should_keep_alive():
            self._transport.close()

    def _fail(self, fault: Fault) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(NoAnswer(fault))


def request_bytes(method: str, path: str, body: bytes, headers: tuple[str, ...]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
