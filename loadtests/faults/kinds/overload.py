"""A crowd: many visitors who ask again as soon as they are answered, in a process of its own."""

import asyncio
import contextlib
import multiprocessing
import random
import signal
from collections.abc import Collection
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import monotonic
from typing import Self

import msgspec

from compose.local.failures import StackError
from compose.local.placement import pinned
from loadtests.consistency.failures import SHED
from loadtests.consistency.history import OK, Record
from loadtests.consistency.http import Client, NoAnswer
from loadtests.consistency.workload import REQUEST_SECONDS
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Scene

PROBLEM = b"application/problem+json"
# Everybody may still wait for one answer when it ends.
END_SECONDS = 2 * REQUEST_SECONDS
NOBODY_SECONDS = 0.05
LONGEST_REPORT = 365


class Crowd:
    """`many` visitors of a port: entering starts them, `stop` gives what they met, leaving ends them.

    They ask for revenue reports of periods at random, which no cache holds for long.
    """

    def __init__(self, port: int, many: int, cores: Collection[int]) -> None:
        self._port = port
        self._many = many
        self._cores = cores

    def __enter__(self) -> Self:
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, self._port, self._many), daemon=True)
        with pinned(frozenset(self._cores)):
            self._process.start()
        theirs.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._process.terminate()
        self._process.join(REQUEST_SECONDS)
        self._process.kill()

    def stop(self) -> list[Record]:
        """Lets everybody be answered once more, and gives all attempts; raises StackError."""
        try:
            self._line.send_bytes(b"stop")
            if self._line.poll(END_SECONDS):
                return msgspec.msgpack.decode(self._line.recv_bytes(), type=list[Record])
        except (EOFError, OSError):
            pass
        raise StackError("the crowd has ended without a word")


def _serve(line: Connection, port: int, many: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the starter, who ends this process
    records = asyncio.run(_visit(line, port, many))
    with contextlib.suppress(OSError):  # nobody waits for it any more
        line.send_bytes(msgspec.msgpack.encode(records))


async def _visit(line: Connection, port: int, many: int) -> list[Record]:
    ending, records = asyncio.Event(), list[Record]()
    asyncio.get_running_loop().add_reader(line.fileno(), ending.set)
    async with asyncio.TaskGroup() as group:
        for number in range(many):
            group.create_task(_visitor(Client(port, REQUEST_SECONDS), random.Random(number), ending, records))
    return records


async def _visitor(client: Client, chance: random.Random, ending: asyncio.Event, records: list[Record]) -> None:
    while not ending.is_set():
        path = f"/api/reports/revenue?days={chance.randint(1, LONGEST_REPORT)}"
        record = Record("read", "crowd", path, monotonic(), 0.0, 0)
        try:
            reply = await client.ask("GET", path)
            record.status, record.problem = reply.status, reply.headers.get(b"content-type") == PROBLEM
        except NoAnswer as lost:
            record.fault = lost.fault
            await asyncio.sleep(NOBODY_SECONDS)
        record.started, record.ended = client.sent, monotonic()
        records.append(record)
    client.close()


@dataclass
class Overload:
    """`times` as many visitors as the service handles at once, who never pause and ask for what is dear."""

    times: int
    _crowd: Crowd | None = field(default=None, init=False)
    _seen: list[Record] = field(default_factory=list, init=False)

    def inject(self, scene: Scene) -> None:
        """Lets the crowd in."""
        self._crowd = crowd_of(scene, self.times).__enter__()

    def evidence(self, scene: Scene) -> Evidence:
        """So many were answered, and so many shed; their attempts are judged with the load's."""
        if self._crowd is None:
            return Evidence(False, "NOT INJECTED")
        self._seen = self._crowd.stop()
        scene.attempts.extend(self._seen)
        good = [each.seconds for each in self._seen if each.status == OK]
        shed = sum(each.status in SHED for each in self._seen)
        line = f"the crowd met {len(good)} answers, the slowest after {max(good, default=0):.1f} s, and {shed} refusals"
        return Evidence(len(self._seen) > 0, line)

    def lift(self, scene: Scene) -> None:
        """Sends it away."""
        crowd, self._crowd = self._crowd, None
        if crowd is not None:
            crowd.__exit__()


def crowd_of(scene: Scene, times: int) -> Crowd:
    """Gives a crowd of `times` as many visitors as the service handles at once."""
    settings = scene.service.settings
    many = times * int(settings["WORKERS"]) * int(settings["IN_FLIGHT"])
    return Crowd(scene.door, many, scene.stack.placement.others)
