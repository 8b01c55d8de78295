"""A TCP proxy in front of Redis or MySQL that can pass, delay, cut, drip, garble, or lose a reply."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Self

from compose.local.ports import LOOPBACK
from loadtests.proxy.child import Child
from loadtests.proxy.modes import PASS, Mode
from loadtests.proxy.server import serve


class Proxy(Child):
    """A relay to the port `target` of `host`, in its own process; leaving also ends all connections through it.

    It listens on `port` of the same host (0: a free port), and keeps it while refusing connections.
    """

    def __init__(self, target: int, port: int = 0, cores: Collection[int] | None = None, host: str = LOOPBACK) -> None:
        super().__init__(f"the proxy before port {target}", serve, target, port, host, cores=cores)

    @property
    def port(self) -> int:
        return int(self.first)

    def switch(self, mode: Mode) -> Mapping[str, Any]:
        """Returns `counts` as soon as the mode is in force."""
        counts: Mapping[str, Any] = self.ask(mode)
        return counts

    @contextlib.contextmanager
    def switched(self, mode: Mode) -> Iterator[Self]:
        self.switch(mode)
        try:
            yield self
        finally:
            self.switch(PASS)

    def counts(self) -> Mapping[str, Any]:
        """The mode, the open connections, and counts since the start.

        `accepted`, `cut` and `unreached` count connections, `delayed` and `garbled` pieces of received data, `dripped`
        bytes, `lost` replies; counts of 0 are missing.
        """
        counts: Mapping[str, Any] = self.ask("count")
        return counts
