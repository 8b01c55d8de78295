"""The proxy's process: a relay of TCP connections on loopback whose mode can be switched at any moment."""

import argparse
import asyncio
import contextlib
import json
import socket
import sys
from collections import Counter
from typing import cast

from compose.ports import LOOPBACK
from loadtests.faults.flow import END, Flow
from loadtests.faults.modes import KINDS, PASS, Mode

BACKLOG = 1024
# A new connection to a server far away: SYN, its answer, and what the client sends after it.
TRIPS_BEFORE_FIRST_BYTE = 3
EXAMPLES = """
It prints its port and waits for a mode on each line of its input:

  {modes}

and answers each with what it has done so far, as JSON. An empty line changes nothing. The end of the input ends it.
"""


class Leg(asyncio.Protocol):
    """One of the two sockets of a relayed connection."""

    def __init__(self, link: "Link", onward: Flow, back: Flow) -> None:
        self._link = link
        self._onward = onward
        self._back = back

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Joins the socket to both flows."""
        self._onward.source = self._back.target = cast(asyncio.Transport, transport)
        self._link.joined(self)
        self._back.send()

    def data_received(self, data: bytes) -> None:
        """Passes bytes to the other socket's flow."""
        if self._link.may_pass(self, data):
            self._onward.add(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the name is the protocol's)
        """Closes the other socket behind what is still on its way."""
        self._onward.source = self._back.target = None
        self._onward.add(END)
        self._link.left()

    def pause_writing(self) -> None:
        """Holds the sender up while this socket is full."""
        self._back.block(True)

    def resume_writing(self) -> None:
        """Lets the sender go on."""
        self._back.block(False)


class Link:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, relay: "Relay") -> None:
        self._relay = relay
        requests = Flow(relay.current, relay.counts, replies=False)
        replies = Flow(relay.current, relay.counts, replies=True)
        self.flows = (requests, replies)
        self.client = Leg(self, requests, replies)
        self.server = Leg(self, replies, requests)
        self._lost_reply = False

    def joined(self, leg: Leg) -> None:
        """Reaches for the server once the client is there."""
        if leg is self.client:
            self._relay.took(self)

    def may_pass(self, leg: Leg, data: bytes) -> bool:
        """Tells whether bytes may go on; resets the connection instead when they are a reply to be lost."""
        mode = self._relay.current()
        if leg is self.client:
            self._lost_reply |= mode.kind == "lose" and mode.word.encode() in data
            return True
        if self._lost_reply:
            self._relay.counts["lost"] += 1
            self.reset()
        return not self._lost_reply

    def left(self) -> None:
        """Forgets a connection that has ended on both sides."""
        if all(flow.source is None for flow in self.flows):
            self._relay.links.discard(self)

    def reset(self) -> None:
        """Ends both sides at once."""
        for transport in [flow.source for flow in self.flows if flow.source]:
            transport.abort()


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
        """Gives the mode of now."""
        return self._mode

    async def switch(self, mode: Mode) -> None:
        """Changes the mode, for connections that are open too."""
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
        """Accepts connections from now on."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            made = _bound(self.port)
            self._server = await loop.create_server(lambda: Link(self).client, sock=made, backlog=BACKLOG)

    def took(self, link: Link) -> None:
        """Counts a connection and begins to reach for the server."""
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
            link.reset()
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
    while line := (await lines.readline()).decode():
        wrong = None
        try:
            if line.strip():
                await relay.switch(Mode.read(line))
        except ValueError as error:
            wrong = str(error)
        said = {"error": wrong} if wrong else {"mode": str(relay.current()), "open": len(relay.links)}
        print(json.dumps(said | relay.counts), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Relays until the end of the input; the exit status is 2 for a port that cannot be used."""
    modes = "\n  ".join(f"{kind} {argument}".rstrip() for kind, argument in KINDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.faults.relay",
        description=__doc__,
        epilog=EXAMPLES.format(modes=modes),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", type=int, help="the port of loopback to relay to")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (default: a free one)")
    chosen = parser.parse_args(arguments)
    try:
        relay = Relay(chosen.target, chosen.port)
    except (OSError, OverflowError) as error:
        parser.error(f"port {chosen.port} cannot be used: {error}")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(relay))
    return 0


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((LOOPBACK, port))
    return made


if __name__ == "__main__":
    sys.exit(main())
