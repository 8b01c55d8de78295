"""One direction of a connection through the proxy: received bytes that are held back."""

import asyncio
import os
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from loadtests.proxy.modes import Mode

END: Final = b""


class Flow:
    """Forwards bytes in order, each when the mode allows; END closes the receiving side."""

    def __init__(self, mode: Callable[[], Mode], counts: Counter[str], *, replies: bool) -> None:
        self.source: asyncio.Transport | None = None
        self.target: asyncio.Transport | None = None
        self._mode = mode
        self._counts = counts
        self._replies = replies
        self._held: deque[tuple[float, bytes]] = deque()
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, data: bytes) -> None:
        mode, due = self._mode(), _now()
        if mode.kind == "delay":
            self._counts["delayed"] += 1
            due += mode.seconds
        if mode.kind == "garble" and self._replies and data:
            self._counts["garbled"] += 1
            data = os.urandom(len(data))
        self._held.append((due, data))
        self.send()

    def send(self) -> None:
        while self._held and self.target is not None:
            due = max(self._held[0][0], self._not_before)
            if due > _now():
                self._wake_at(due)
                break
            self._hand_on(self.target, self._held.popleft()[1])

    def release(self) -> None:
        """Makes all data held by an earlier mode due now."""
        self._held = deque((0.0, data) for _, data in self._held)
        self._not_before = 0.0
        self.send()

    def pause(self) -> None:
        if self.source:
            self.source.pause_reading()

    def resume(self) -> None:
        if self.source:
            self.source.resume_reading()

    def _hand_on(self, target: asyncio.Transport, data: bytes) -> None:
        if data == END:
            target.close()
            return
        mode = self._mode()
        if mode.kind == "drip" and self._replies:
            self._counts["dripped"] += 1
            self._not_before = _now() + mode.seconds
            data, rest = data[:1], data[1:]
            if rest:
                self._held.appendleft((0.0, rest))
        target.write(data)

    def _wake_at(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due, self.send)


def _now() -> float:
    return asyncio.get_running_loop().time()
