"""A connection through the proxy: a client's socket and the one to the server that belongs to it."""

import asyncio
import socket
import struct
from collections import Counter
from typing import Final, Protocol, cast

from loadtests.faults.flow import END, Flow
from loadtests.faults.modes import Mode

# To linger for no time: what the other side sees is a reset.
AT_ONCE: Final = struct.pack("ii", 1, 0)


class Exchange(Protocol):
    """What a connection asks of the relay that it belongs to."""

    counts: Counter[str]
    links: "set[Link]"

    def current(self) -> Mode:
        """Gives the mode of now."""

    def took(self, link: "Link") -> None:
        """Hears of a new client, who needs a connection to the server."""


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

    def __init__(self, relay: Exchange) -> None:
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
        """Ends both sides with a reset."""
        for transport in self._open():
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.end()

    def end(self) -> None:
        """Ends both sides at once, as one does who has nothing more to say."""
        for transport in self._open():
            transport.abort()

    def _open(self) -> list[asyncio.Transport]:
        return [flow.source for flow in self.flows if flow.source]
