"""Signal handling: SIGTERM and SIGHUP become exceptions, so that the stack is cleaned up."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self, TypeAlias

ENDING = (signal.SIGTERM, signal.SIGHUP)
ALL = (signal.SIGINT, *ENDING)
# What signal.signal takes and returns.
Handler: TypeAlias = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None


class Interruption:
    """Inside the block SIGTERM and SIGHUP raise SystemExit instead of killing the process.

    Handlers that the program has set stay. Outside the main thread it does nothing.
    """

    def __init__(self) -> None:
        self._mine: list[signal.Signals] = []

    def __enter__(self) -> Self:
        if in_main_thread():
            self._mine = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]
            for number in self._mine:
                signal.signal(number, leave)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in self._mine:
            signal.signal(number, signal.SIG_DFL)
        self._mine = []


class Undisturbed:
    """Ignores signals inside the block, for a clean-up whose duration is bounded."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Handler] = {}

    def __enter__(self) -> Self:
        if in_main_thread():
            self._before = {number: signal.signal(number, signal.SIG_IGN) for number in ALL}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def leave(number: int, _frame: FrameType | None) -> None:
    """Exit with the status that a shell reports for the signal."""
    raise SystemExit(128 + number)


def in_main_thread() -> bool:
    """Only the main thread may set signal handlers."""
    return threading.current_thread() is threading.main_thread()
