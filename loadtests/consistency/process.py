"""Runs a load in its own process, so that its starter delays no request."""

import asyncio
import contextlib
import multiprocessing
import signal
from collections.abc import Collection
from multiprocessing.connection import Connection
from typing import Any, Final, Self

import msgspec

from compose.local.failures import StackError
from compose.local.placement import pinned
from loadtests.consistency.history import History, Watched
from loadtests.consistency.http import Client
from loadtests.consistency.visitors import Visitors
from loadtests.consistency.workload import REQUEST_SECONDS, Load, NotPrepared, prepare

PREPARING_SECONDS: Final = 90.0
ANSWER_SECONDS: Final = 30.0
# After a stop every visitor may still wait for one answer, and another one; then the history is handed over.
STOP_SECONDS: Final = 60.0
COUNT, STOP, LEAVE = b"count", b"stop", b"leave"


class DriverFailed(StackError):
    """The load could not be prepared or ended by itself; the text says why in one line."""


class Counts(msgspec.Struct):
    """What was answered so far, and whether the load is over."""

    reads: int = 0
    writes: int = 0
    over: bool = False


class Driver:
    """A load in a process on `cores`: entering starts it, `stop` returns its history, leaving ends the process.

    Entering prepares the service over HTTP and returns when the visitors have started; raises DriverFailed.
    """

    def __init__(self, load: Load, cores: Collection[int] | None = None) -> None:
        self._load = load
        self._cores = cores

    def __enter__(self) -> Self:
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        name = f"load on {self._load.combination}"
        self._process = spawn.Process(target=_serve, args=(theirs, self._load), name=name, daemon=True)
        with pinned(frozenset(self._cores)) if self._cores else contextlib.nullcontext():
            self._process.start()
        theirs.close()
        try:
            self._hear(PREPARING_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.terminate()
        self._process.join(ANSWER_SECONDS)
        self._process.kill()

    def counts(self) -> Counts:
        """Raises DriverFailed."""
        counts: Counts = self._ask(COUNT, ANSWER_SECONDS)
        return counts

    def stop(self) -> History:
        """Ends the load, waits for requests in progress; raises DriverFailed."""
        history: History = self._ask(STOP, STOP_SECONDS)
        return history

    def _ask(self, word: bytes, seconds: float) -> Any:
        with contextlib.suppress(OSError):  # it has gone, and what it said before that is in the line
            self._line.send_bytes(word)
        return self._hear(seconds)

    def _hear(self, seconds: float) -> Any:
        name = self._load.combination
        try:
            if not self._line.poll(seconds):
                raise DriverFailed(f"the load on {name} said nothing for {seconds:.0f} s")
            said = self._line.recv()
        except (EOFError, OSError) as error:
            raise DriverFailed(f"the load on {name} has ended without a word") from error
        if isinstance(said, str):
            raise DriverFailed(f"the load on {name}: {said}")
        return said


def _serve(line: Connection, load: Load) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the starter, who ends this process
    try:
        asyncio.run(_load(line, load))
    except (NotPrepared, TimeoutError) as error:
        _say(line, str(error) or "it did not end in time")
    except ExceptionGroup as group:
        _say(line, f"a visitor failed: {group.exceptions[0]!r}")


async def _load(line: Connection, load: Load) -> None:
    client = Client(load.port, REQUEST_SECONDS)
    watched = Watched() if load.uncached else await prepare(client)
    client.close()
    visitors = Visitors(load, watched)
    log = visitors.log
    running = asyncio.create_task(visitors.run())
    words: asyncio.Queue[bytes] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(line.fileno(), lambda: words.put_nowait(_heard(line, loop)))
    _say(line, Counts())
    while (word := await words.get()) == COUNT:
        _say(line, Counts(log.reads, log.writes, running.done()))
    visitors.stop()
    await running
    if word == STOP:
        _say(line, History(load.combination, load.run, watched, log.records, log.full))


def _heard(line: Connection, loop: asyncio.AbstractEventLoop) -> bytes:
    try:
        return line.recv_bytes()
    except (EOFError, OSError):
        loop.remove_reader(line.fileno())
        return LEAVE


def _say(line: Connection, said: Counts | History | str) -> None:
    with contextlib.suppress(OSError):  # whoever asked has gone
        line.send(said)
