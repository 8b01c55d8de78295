"""The visitors of a load: each attempt is sent once and recorded, whatever its outcome."""

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Final, Literal

import msgspec

from loadtests.consistency.history import CREATED, Log, Record, Watched
from loadtests.consistency.http import Client, NoAnswer, Reply
from loadtests.consistency.requests import (
    UNCACHED,
    WEIGHTS,
    Request,
    levels_in,
    order,
    patch,
    reads_of,
    reads_that_show,
)
from loadtests.consistency.workload import REQUEST_SECONDS, Load

PROBLEM: Final = b"application/problem+json"
# A write that was refused or not answered is repeated until it is answered.
TRIES: Final = 60
AGAIN_SECONDS: Final = 0.25
NOBODY_SECONDS: Final = 0.05
SEED: Final = 1
PATCHED: Final = ("price", "name", "stock")
NextWrite = Callable[[], Request]


class Visitor:
    """Reads and writes over its own connection; every attempt is recorded."""

    def __init__(self, client: Client, watched: Watched, log: Log) -> None:
        self._client = client
        self._watched = watched
        self._log = log

    async def send(self, request: Request, attempt: int = 1) -> Record:
        kind: Literal["read", "write"] = "read" if request.method == "GET" else "write"
        record = Record(kind, request.route, request.path, monotonic(), 0.0, 0, key=request.key, attempt=attempt)
        record.levels = request.levels
        try:
            reply = await self._client.ask(request.method, request.path, request.body, *request.headers)
            record.status = reply.status
        except NoAnswer as lost:
            record.fault = lost.fault
            return record
        finally:
            record.started, record.ended = self._client.sent, monotonic()
            self._log.add(record)
        self._learn(record, reply)
        return record

    def leave(self) -> None:
        self._client.close()

    def _learn(self, record: Record, reply: Reply) -> None:
        record.cache = reply.headers.get(b"x-cache", b"").decode() or None
        record.problem = reply.headers.get(b"content-type") == PROBLEM
        if record.status == CREATED:
            record.made = int(reply.headers[b"location"].rpartition(b"/")[2])
        if record.kind == "read" and record.done:
            try:
                record.levels = levels_in(record.route, reply.body, self._watched)
            except (msgspec.DecodeError, ValueError):
                record.fault = "garbled"


class Visitors:
    """All readers and writers of one load."""

    def __init__(self, load: Load, watched: Watched) -> None:
        self.log = Log(load.most_records)
        self._load = load
        self._watched = watched
        self._reads = UNCACHED if load.uncached else reads_of(watched)
        self._orders = itertools.count()
        self._random = random.Random(SEED)
        self._turns = asyncio.Semaphore(0)
        self._ending = asyncio.Event()

    def stop(self) -> None:
        """Requests in progress are finished."""
        self._ending.set()
        for _ in range(self._load.patchers + self._load.orderers):
            self._turns.release()

    async def run(self) -> None:
        async with asyncio.timeout(self._load.seconds + 2 * REQUEST_SECONDS), asyncio.TaskGroup() as group:
            group.create_task(self._watch())
            for _ in range(self._load.readers):
                group.create_task(self._reader(self._visitor()))
            for write in self._writers():
                group.create_task(self._writer(write, self._visitor()))

    def _visitor(self) -> Visitor:
        return Visitor(Client(self._load.port, REQUEST_SECONDS), self._watched, self.log)

    def _writers(self) -> list[NextWrite]:
        watched = zip(self._watched.prices, self._watched.names, self._watched.stocks, strict=True)
        subjects = [subject for numbers in watched for subject in zip(PATCHED, numbers, strict=True)]
        patchers = [self._patcher(*subject) for subject in subjects[: self._load.patchers]]
        return [*patchers, *[self._orderer] * self._load.orderers]

    def _patcher(self, member: str, number: int) -> NextWrite:
        levels = itertools.count(self._watched.base[f"{member}:{number}"] + 1)
        return lambda: patch(member, number, next(levels))

    def _orderer(self) -> Request:
        return order(next(self._orders), self._load.run, self._watched)

    async def _watch(self) -> None:
        await self._pause(self._load.seconds)
        self.stop()

    async def _reader(self, visitor: Visitor) -> None:
        await self._pause(self._load.read_pause * self._random.random())
        while not self._ending.is_set():
            answered = await self._read(visitor, self._chosen(self._reads))
            await self._pause(self._thinking(self._load.read_pause) if answered else NOBODY_SECONDS)
        visitor.leave()

    async def _writer(self, next_write: NextWrite, visitor: Visitor) -> None:
        await self._pause(self._load.write_pause * self._random.random())
        while await self._turn():
            write = next_write()
            if await self._written(visitor, write) and not self._ending.is_set():
                await self._read(visitor, self._chosen(reads_that_show(write, self._watched)))
            await self._pause(self._thinking(self._load.write_pause))
        visitor.leave()

    async def _written(self, visitor: Visitor, write: Request) -> bool:
        for attempt in range(1, TRIES + 1):
            record = await visitor.send(write, attempt)
            self._end_if_over()
            if record.status not in {0, 503, 504}:
                return record.done
            await self._pause(AGAIN_SECONDS)
            if self._ending.is_set():
                break
        return False

    async def _read(self, visitor: Visitor, read: Request) -> bool:
        record = await visitor.send(read)
        self._end_if_over()
        if record.done and self._load.reads_per_write and self.log.reads % self._load.reads_per_write == 0:
            self._turns.release()
        return record.status != 0

    def _end_if_over(self) -> None:
        load, log = self._load, self.log
        enough = load.reads and load.writes and log.reads >= load.reads and log.writes >= load.writes
        if enough or log.full:
            self.stop()

    async def _turn(self) -> bool:
        if self._load.reads_per_write:
            await self._turns.acquire()
        return not self._ending.is_set()

    def _chosen(self, reads: Sequence[Request]) -> Request:
        return self._random.choices(reads, [WEIGHTS[read.route] for read in reads])[0]

    def _thinking(self, mean: float) -> float:
        return mean * (0.5 + self._random.random())

    async def _pause(self, seconds: float) -> None:
        if seconds:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._ending.wait()
