"""Signals that end a stack: they become exceptions, so that whatever runs is cleaned up."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

ENDING = (signal.SIGTERM, signal.SIGHUP)
ALL = (signal.SIGINT, *ENDING)


class Interruption:
    """While it is entered, SIGTERM and SIGHUP raise SystemExit where they would kill at once.

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
    """While it is entered, no signal interrupts: for a clean-up, which is bounded by itself."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, signal._HANDLER] = {}

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
    """Ends the program in the usual way, with the status that a shell gives a signal."""
    raise SystemExit(128 + number)


def in_main_thread() -> bool:
    """Whether this thread may set signal handlers."""
    return threading.current_thread() is threading.main_thread()
