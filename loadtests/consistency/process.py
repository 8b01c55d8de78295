"""Runs a load in its own process, so that the parent delays no request."""

import asyncio
from collections.abc import Collection
from multiprocessing.connection import Connection
from typing import Final

import msgspec

from loadtests.consistency.history import History, Watched
from loadtests.consistency.http import Client
from loadtests.consistency.visitors import Visitors
from loadtests.consistency.workload import REQUEST_SECONDS, Load, NotPrepared, prepare
from loadtests.proxy.child import Child, messages, say

# After a stop every visitor may wait for up to two answers; then the history is transferred.
STOP_SECONDS: Final = 60.0
COUNT, STOP = b"count", b"stop"


class Counts(msgspec.Struct):
    """The answers so far, and whether the load is over."""

    reads: int = 0
    writes: int = 0
    over: bool = False


class Driver(Child):
    """A load in a process on `cores`: entering prepares the service over HTTP and starts the visitors."""

    def __init__(self, load: Load, cores: Collection[int] | None = None) -> None:
        super().__init__(f"the load on {load.combination}", _serve, load, cores=cores)

    def counts(self) -> Counts:
        counts: Counts = self.ask(COUNT)
        return counts

    def stop(self) -> History:
        """Ends the load, and waits for requests in progress."""
        history: History = self.ask(STOP, STOP_SECONDS)
        return history


async def _serve(line: Connection, load: Load) -> None:
    try:
        say(line, await _history(line, load))
    except (NotPrepared, TimeoutError) as error:
        say(line, str(error) or "it did not end in time")
    except ExceptionGroup as group:
        say(line, f"a visitor failed: {group.exceptions[0]!r}")


async def _history(line: Connection, load: Load) -> History:
    client = Client(load.port, REQUEST_SECONDS)
    watched = Watched() if load.uncached else await prepare(client)
    client.close()
    visitors = Visitors(load, watched)
    log = visitors.log
    running = asyncio.create_task(visitors.run())
    say(line, Counts())
    async for word in messages(line):
        if word == STOP:
            break
        say(line, Counts(log.reads, log.writes, running.done()))
    visitors.stop()
    await running
    return History(load.combination, load.run, watched, log.records, log.full)
