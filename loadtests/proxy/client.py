"""A TCP proxy before Redis or MySQL that can pass, delay, cut, drip, garble, or lose a reply."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Self

from compose.local.ports import LOOPBACK
from loadtests.proxy.child import Child
from loadtests.proxy.modes import PASS, Mode
from loadtests.proxy.server import serve


class Proxy(Child):
    """A relay to the port `target` of `host`, in a process of its own; leaving also ends all connections through it.

    It listens on `port` (0: a free one) there too, and keeps that port while it refuses.
    """

    def __init__(self, target: int, port: int = 0, cores: Collection[int] | None = None, host: str = LOOPBACK) -> None:
        super().__init__(f"the proxy before port {target}", serve, target, port, host, cores=cores)

    @property
    def port(self) -> int:
        return int(self.first)

    def switch(self, mode: Mode) -> Mapping[str, Any]:
        """Returns `counts` when the mode is in force."""
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
        """The mode, the open connections, and what was done since the start.

        `accepted`, `cut` and `unreached` count connections, `delayed` and `garbled` the pieces in which data came,
        `dripped` bytes, `lost` replies; what never happened is not in it.
        """
        counts: Mapping[str, Any] = self.ask("count")
        return counts
