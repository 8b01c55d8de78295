"""The proxy's process: a relay of TCP connections on loopback whose mode can be switched at any moment.

`python -m loadtests.proxy.server TARGET PORT` prints its port, obeys each line of its input, which is a mode as JSON or
empty, and answers with what it has done so far. The end of the input ends it.
"""

import asyncio
import contextlib
import json
import socket
import sys
from collections import Counter

import msgspec

from compose.local.ports import LOOPBACK
from loadtests.proxy.link import Link
from loadtests.proxy.modes import PASS, Mode

BACKLOG = 1024
# A new connection to a server far away: SYN, its answer, and what the client sends after it.
TRIPS_BEFORE_FIRST_BYTE = 3


class Relay:
    """Listens on one port of loopback and relays to another, as its mode says."""

    def __init__(self, target: int, port: int) -> None:
        self.counts: Counter[str] = Counter()
        self.links: set[Link] = set()
        self._target = target
        self._mode = PASS
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        # Bound and never listening: the port stays ours, and refuses, while connections are cut.
        self._held = _bound(port)
        self.port: int = self._held.getsockname()[1]

    def current(self) -> Mode:
        return self._mode

    async def switch(self, mode: Mode) -> None:
        """For connections that are open too."""
        self._mode = mode
        self.counts["switched"] += 1
        if mode.kind == "cut":
            await self._cut()
            return
        for link in tuple(self.links):
            for flow in link.flows:
                flow.release()
        await self.listen()

    async def listen(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            made = _bound(self.port)
            self._server = await loop.create_server(lambda: Link(self).client, sock=made, backlog=BACKLOG)

    def took(self, link: Link) -> None:
        self.counts["accepted"] += 1
        self.links.add(link)
        task = asyncio.create_task(self._reach(link))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reach(self, link: Link) -> None:
        if self._mode.kind == "delay":
            await asyncio.sleep(TRIPS_BEFORE_FIRST_BYTE * self._mode.seconds)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: link.server, LOOPBACK, self._target)
        except OSError:
            self.counts["unreached"] += 1
            link.end()
            return
        if self._mode.kind == "cut" or link.flows[0].source is None:
            link.reset()

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in tuple(self.links):
            self.counts["cut"] += 1
            link.reset()


async def serve(relay: Relay) -> None:
    """Obeys the lines of standard input until its end."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    await relay.listen()
    print(json.dumps({"port": relay.port}), flush=True)
    while line := await lines.readline():
        if line.strip():
            await relay.switch(msgspec.json.decode(line, type=Mode))
        print(json.dumps({"mode": relay.current().kind, "open": len(relay.links)} | relay.counts), flush=True)


def main(target: str, port: str) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Relay(int(target), int(port))))


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((LOOPBACK, port))
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
