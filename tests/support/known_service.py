"""A small HTTP service of known service time that answers like the API."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

from tests.support.known_answers import answer_of

Body: TypeAlias = dict[str, Any]


@dataclass(slots=True)
class Answer:
    """The answer to one request.

    The last `cut` bytes of the body are not sent; with `promised` they count in Content-Length, and the server closes.
    """

    status: int
    body: Body
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut: int = 0
    promised: bool = False


@dataclass(slots=True)
class KnownService:
    """A service on a free loopback port; entering starts it, leaving stops it.

    It handles `places` requests concurrently, so its capacity is places / service_time requests per second.
    """

    name: str | None = "sync"
    service_time: float = 0.0
    places: int = 10_000
    ready: int = 200
    cache: str = "off"
    spoil: Callable[[str, Answer], None] | None = None
    requests: list[str] = field(default_factory=list)
    host: str = "127.0.0.1"
    url: str = ""
    _free: asyncio.Semaphore = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.places)

    def __enter__(self) -> Self:
        server = self._loop.run_until_complete(asyncio.start_server(self._converse, self.host, 0, backlog=512))
        self.url = f"http://{self.host}:{server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        assert self._thread is not None
        self._thread.join(timeout=5)
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._respond(head.decode("latin-1"), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _respond(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        sent = await reader.readexactly(_content_length(head))
        self.requests.append(f"{method} {target}")
        if target.startswith("/api"):
            async with self._free:
                await asyncio.sleep(self.service_time)
        answer = self._answer(method, target, json.loads(sent or b"{}"))
        if self.spoil:
            self.spoil(target, answer)
        writer.write(_encoded(answer))
        await writer.drain()
        if answer.promised:
            writer.close()

    def _answer(self, method: str, target: str, sent: Body) -> Answer:
        parts = urlsplit(target)
        named = {"X-Combination": self.name} if self.name else {}
        if parts.path == "/health/ready":
            return Answer(self.ready, {"status": "ready"}, named)
        if parts.path == "/metrics":
            return Answer(404, {"status": 404}, named)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, body, cached = answer_of(method, parts.path, query, sent)
        headers = named | ({"X-Cache": self.cache} if cached else {})
        if status == 201:
            headers["Location"] = f"/api/orders/{body['id']}"
        return Answer(status, body, headers)


def _content_length(head: str) -> int:
    fields = [line.split(":", 1) for line in head.split("\r\n") if ":" in line]
    lengths = [value for name, value in fields if name.lower() == "content-length"]
    return int(lengths[0]) if lengths else 0


def _encoded(answer: Answer) -> bytes:
    whole = json.dumps(answer.body).encode()
    body = whole[: len(whole) - answer.cut]
    lengths = {"Content-Type": answer.content_type, "Content-Length": str(len(whole if answer.promised else body))}
    fields = "".join(f"{name}: {value}\r\n" for name, value in (answer.headers | lengths).items())
    return f"HTTP/1.1 {answer.status} Known\r\n{fields}\r\n".encode() + body
