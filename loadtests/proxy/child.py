"""A child process that answers each message with another one; its work delays no other process."""

import asyncio
import contextlib
import multiprocessing
import signal
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from multiprocessing.connection import Connection
from typing import Any, Final, Self

from compose.local.failures import StackError
from compose.local.placement import pinned

START_SECONDS: Final = 90.0
ANSWER_SECONDS: Final = 30.0
Work = Callable[..., Coroutine[Any, Any, None]]


class Child:
    """Runs `work` on `cores`: entering starts it and waits for its first message, leaving ends the process.

    StackError: there is no answer, or its text is the child's error.
    """

    def __init__(self, name: str, work: Work, *arguments: object, cores: Collection[int] | None) -> None:
        self._name = name
        self._work = (work, *arguments)
        self._cores = cores

    def __enter__(self) -> Self:
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_run, args=(theirs, *self._work), name=self._name, daemon=True)
        with pinned(frozenset(self._cores)) if self._cores else contextlib.nullcontext():
            self._process.start()
        theirs.close()
        try:
            self.first = self._hear(START_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.terminate()
        self._process.join(ANSWER_SECONDS)
        self._process.kill()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def ask(self, message: object, seconds: float = ANSWER_SECONDS) -> Any:
        with contextlib.suppress(OSError):  # it has ended; its last message is in the pipe
            self._line.send(message)
        return self._hear(seconds)

    def _hear(self, seconds: float) -> Any:
        try:
            if not self._line.poll(seconds):
                raise StackError(f"{self._name} did not answer for {seconds:.0f} s")
            said = self._line.recv()
        except (EOFError, OSError) as error:
            raise StackError(f"{self._name} has ended without an answer") from error
        if isinstance(said, str):
            raise StackError(f"{self._name}: {said}")
        return said


async def messages(line: Connection) -> AsyncIterator[Any]:
    """Each message to the child, until its parent has ended."""
    heard: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def hear() -> None:
        try:
            heard.put_nowait(line.recv())
        except (EOFError, OSError):
            loop.remove_reader(line.fileno())
            heard.put_nowait(None)

    loop.add_reader(line.fileno(), hear)
    while (message := await heard.get()) is not None:
        yield message


def say(line: Connection, message: object) -> None:
    with contextlib.suppress(OSError):  # the parent has ended
        line.send(message)


def _run(line: Connection, work: Work, *arguments: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the parent, which ends this process
    asyncio.run(work(line, *arguments))
