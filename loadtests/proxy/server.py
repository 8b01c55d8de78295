"""The proxy's process: a relay of TCP connections on loopback whose mode can be switched at any moment."""

import asyncio
import socket
import struct
from collections import Counter
from multiprocessing.connection import Connection
from typing import Final, cast

from compose.local.ports import LOOPBACK
from loadtests.proxy.child import messages, say
from loadtests.proxy.flow import END, Flow
from loadtests.proxy.modes import PASS, Mode

BACKLOG: Final = 1024
# A new connection to a distant server: SYN, its answer, and the client's first data.
TRIPS_BEFORE_FIRST_BYTE: Final = 3
# SO_LINGER of 0 s: closing sends a reset.
AT_ONCE: Final = struct.pack("ii", 1, 0)


class Leg(asyncio.Protocol):
    """One of the two sockets of a relayed connection."""

    def __init__(self, link: "Link", onward: Flow, back: Flow) -> None:
        self._link = link
        self._onward = onward
        self._back = back

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._onward.source = self._back.target = cast(asyncio.Transport, transport)
        self._link.joined(self)
        self._back.send()

    def data_received(self, data: bytes) -> None:
        if self._link.may_pass(self, data):
            self._onward.add(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the name is the protocol's)
        """Closes the other socket after the data that is still held back."""
        self._onward.source = self._back.target = None
        self._onward.add(END)
        self._link.left()

    def pause_writing(self) -> None:
        self._back.pause()

    def resume_writing(self) -> None:
        self._back.resume()


class Link:
    """A client's connection and its connection to the server."""

    def __init__(self, relay: "Relay") -> None:
        self._relay = relay
        requests = Flow(lambda: relay.mode, relay.counts, replies=False)
        replies = Flow(lambda: relay.mode, relay.counts, replies=True)
        self.flows = (requests, replies)
        self.client = Leg(self, requests, replies)
        self.server = Leg(self, replies, requests)
        self._lost_reply = False

    def joined(self, leg: Leg) -> None:
        if leg is self.client:
            self._relay.took(self)

    def may_pass(self, leg: Leg, data: bytes) -> bool:
        """False, after a reset of the connection, if the bytes are a reply to be lost."""
        mode = self._relay.mode
        if leg is self.client:
            self._lost_reply |= mode.kind == "lose" and mode.word.encode() in data
            return True
        if self._lost_reply:
            self._relay.counts["lost"] += 1
            self.reset()
        return not self._lost_reply

    def left(self) -> None:
        if not self._open():
            self._relay.links.discard(self)

    def reset(self) -> None:
        for transport in self._open():
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.end()

    def end(self) -> None:
        for transport in self._open():
            transport.abort()

    def _open(self) -> list[asyncio.Transport]:
        return [flow.source for flow in self.flows if flow.source]


class Relay:
    """Listens on one port of a host and relays to another in its mode."""

    def __init__(self, target: int, port: int, host: str = LOOPBACK) -> None:
        self.counts: Counter[str] = Counter()
        self.links: set[Link] = set()
        self.mode = PASS
        self._target = target
        self._host = host
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        # Bound but never listening: keeps the port and refuses connections in mode cut.
        self._held = _bound(host, port)
        self.port: int = self._held.getsockname()[1]

    async def switch(self, mode: Mode) -> None:
        """Also for open connections."""
        self.mode = mode
        self.counts["switched"] += 1
        if mode.kind == "cut":
            self._cut()
            return
        for link in tuple(self.links):
            for flow in link.flows:
                flow.release()
        await self.listen()

    async def listen(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            made = _bound(self._host, self.port)
            self._server = await loop.create_server(lambda: Link(self).client, sock=made, backlog=BACKLOG)

    def took(self, link: Link) -> None:
        self.counts["accepted"] += 1
        self.links.add(link)
        task = asyncio.create_task(self._reach(link))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reach(self, link: Link) -> None:
        if self.mode.kind == "delay":
            await asyncio.sleep(TRIPS_BEFORE_FIRST_BYTE * self.mode.seconds)
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: link.server, self._host, self._target)
        except OSError:
            self.counts["unreached"] += 1
            link.end()
            return
        if self.mode.kind == "cut" or link.flows[0].source is None:
            link.reset()

    def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for link in tuple(self.links):
            self.counts["cut"] += 1
            link.reset()


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    return made


async def serve(line: Connection, target: int, port: int, host: str) -> None:
    """Sends its port, then switches to each received mode and answers with its counts."""
    relay = Relay(target, port, host)
    await relay.listen()
    say(line, relay.port)
    async for message in messages(line):
        if isinstance(message, Mode):
            await relay.switch(message)
        say(line, {"mode": relay.mode.kind, "open": len(relay.links)} | relay.counts)
