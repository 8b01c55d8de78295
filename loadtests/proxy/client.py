"""A TCP proxy before Redis or MySQL that can pass, delay, cut, drip, garble, or lose a reply."""

import contextlib
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import IO, Any, Self, cast

import msgspec

from compose.local.definition import CHECKOUT
from compose.local.failures import StackError
from compose.local.placement import Cores, pinned
from loadtests.proxy.modes import PASS, Mode

ANSWER_SECONDS = 30.0
END_SECONDS = 5.0


class Proxy:
    """A relay to `target`, a port of loopback, in a process of its own; entering starts it, leaving ends it.

    It listens on `port` (0: a free one) and keeps that port while it refuses. `cores` are those that it may use.
    StackError says that it does not start or answer.
    """

    def __init__(self, target: int, port: int = 0, cores: Cores | None = None) -> None:
        self.port = port
        self._target = target
        self._cores = cores

    def __enter__(self) -> Self:
        words = ["-m", "loadtests.proxy.server", str(self._target), str(self.port)]
        with pinned(self._cores) if self._cores else contextlib.nullcontext():
            self._process = subprocess.Popen(
                [sys.executable, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=CHECKOUT,
                start_new_session=True,  # Ctrl-C is for us; the end of its input ends it
            )
        try:
            self.port = int(self._answer()["port"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Also ends all connections through it."""
        try:
            self._process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @property
    def pid(self) -> int:
        return self._process.pid

    def switch(self, mode: Mode) -> Mapping[str, Any]:
        """Returns `counts` when the mode is in force."""
        return self._ask(msgspec.json.encode(mode).decode())

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
        return self._ask("")

    def _ask(self, line: str) -> Mapping[str, Any]:
        try:
            print(line, file=self._process.stdin, flush=True)
        except (OSError, ValueError):
            raise StackError("the proxy has ended") from None
        return self._answer()

    def _answer(self) -> Mapping[str, Any]:
        stdout = cast(IO[str], self._process.stdout)
        ready, _, _ = select.select([stdout], [], [], ANSWER_SECONDS)
        line = stdout.readline() if ready else ""
        if not line:
            raise StackError(f"the proxy did not answer within {ANSWER_SECONDS:.0f} s, or has ended")
        answer: dict[str, Any] = msgspec.json.decode(line)
        return answer
