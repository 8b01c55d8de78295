"""One visitor's requests: each attempt is sent once and written down, whatever comes of it."""

from time import monotonic
from typing import Final

from loadtests.history.records import CREATED, Log, Record, Watched
from loadtests.history.requests import Read, Write
from loadtests.history.sightings import Unreadable, levels_in
from loadtests.history.wire import Client, NoAnswer, Reply

PROBLEM: Final = b"application/problem+json"


class Visitor:
    """Reads and writes over a connection of its own."""

    def __init__(self, client: Client, watched: Watched, log: Log) -> None:
        self._client = client
        self._watched = watched
        self._log = log

    async def read(self, read: Read) -> Record:
        """Sends a GET, and looks at what its answer shows."""
        record = Record("read", read.route, read.path, monotonic(), 0.0, 0)
        reply = await self._sent(record, "GET", read.path)
        if reply and record.done:
            try:
                record.levels = levels_in(read.route, reply.body, self._watched)
            except Unreadable:
                record.fault = "garbled"
        return record

    async def write(self, write: Write, attempt: int) -> Record:
        """Sends a write; `attempt` counts from 1."""
        record = Record("write", write.route, write.path, monotonic(), 0.0, 0, attempt=attempt)
        record.key, record.levels = write.key, write.levels
        reply = await self._sent(record, write.method, write.path, write.body, *write.headers)
        if reply and record.status == CREATED:
            record.made = int(reply.headers[b"location"].rpartition(b"/")[2])
        return record

    def leave(self) -> None:
        """Closes the connection."""
        self._client.close()

    async def _sent(self, record: Record, method: str, path: str, body: bytes = b"", *headers: str) -> Reply | None:
        try:
            reply = await self._client.ask(method, path, body, *headers)
        except NoAnswer as lost:
            record.fault = lost.fault
            return None
        else:
            record.status = reply.status
            record.cache = reply.headers.get(b"x-cache", b"").decode() or None
            record.problem = reply.headers.get(b"content-type") == PROBLEM
            return reply
        finally:
            record.started, record.ended = self._client.sent, monotonic()
            self._log.add(record)
