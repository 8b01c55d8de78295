"""Faults of the database server and of Redis, and of the connections to them."""

import contextlib
import os
import signal
import socket
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

import psutil
from redis.exceptions import OutOfMemoryError

from compose.local.ports import LOOPBACK
from loadtests.faults.fault import Evidence
from loadtests.faults.target import FaultTarget, Server
from loadtests.proxy.modes import CUT, PASS, Mode

CONNECT_SECONDS: Final = 2.0
FULL: Final = {"maxmemory": "1", "maxmemory-policy": "noeviction"}


@dataclass
class Full:
    """Redis may use less memory than it does and evicts nothing: it refuses SET, and allows GET and DEL."""

    _before: dict[str, str] = field(default_factory=dict, init=False)

    def inject(self, target: FaultTarget) -> None:
        with closing(target.redis()) as client:
            self._before = {name: str(client.config_get(name)[name]) for name in FULL}
            for name, value in FULL.items():
                client.config_set(name, value)

    def evidence(self, target: FaultTarget) -> Evidence:
        with closing(target.redis()) as client:
            try:
                client.set("full?", "1", px=1000)
            except OutOfMemoryError as error:
                refused = client.info("errorstats").get("errorstat_OOM", {}).get("count", 0)
                return Evidence(int(refused) > 1, f"SET refused ({str(error)[:40]}), {refused} refused in all")
        return Evidence(False, "a SET was ACCEPTED")

    def lift(self, target: FaultTarget) -> None:
        with closing(target.redis()) as client:
            for name, value in self._before.items():
                client.config_set(name, value)


@dataclass
class Killed:
    """The server is killed with -9 and its port refuses, until it is started again on what it had on disk."""

    server: Server
    _pid: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        server = target.backends[self.server]
        self._pid = server.process.pid
        server.process.kill()
        # Otherwise the proxy would accept connections for a dead server.
        server.proxy.switch(CUT)

    def evidence(self, target: FaultTarget) -> Evidence:
        server = target.backends[self.server]
        dead = not psutil.pid_exists(self._pid)
        refused = _refused(server.proxy.port) and _refused(server.port)
        line = f"process {self._pid} {'dead' if dead else 'ALIVE'}, its port {'refused' if refused else 'ANSWERED'}"
        return Evidence(dead and refused, line)

    def lift(self, target: FaultTarget) -> None:
        server = target.backends[self.server]
        if not server.process.running:
            server.restart()
        server.proxy.switch(PASS)


@dataclass
class Frozen:
    """The server accepts connections and does not answer (SIGSTOP)."""

    server: Server

    def inject(self, target: FaultTarget) -> None:
        os.kill(target.backends[self.server].process.pid, signal.SIGSTOP)

    def evidence(self, target: FaultTarget) -> Evidence:
        status = psutil.Process(target.backends[self.server].process.pid).status()
        return Evidence(status == psutil.STATUS_STOPPED, f"the kernel called the process {status}")

    def lift(self, target: FaultTarget) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(target.backends[self.server].process.pid, signal.SIGCONT)


@dataclass
class OnTheWay:
    """The proxy disturbs the connections to the server.

    It must have counted something under `counted`, and an answer through it must take `at_least` seconds.
    """

    server: Server
    mode: Mode
    counted: str
    at_least: float = 0.0
    _before: int = field(default=0, init=False)

    def inject(self, target: FaultTarget) -> None:
        self._before = int(target.backends[self.server].proxy.switch(self.mode).get(self.counted, 0))

    def evidence(self, target: FaultTarget) -> Evidence:
        server = target.backends[self.server]
        count = int(server.proxy.counts().get(self.counted, 0)) - self._before
        line = f"{count} {self.counted} by the proxy"
        if not self.at_least:
            return Evidence(count > 0, line)
        seconds = server.answers_after()
        return Evidence(count > 0 and seconds >= self.at_least, f"{line}, an answer took {seconds * 1000:.0f} ms")

    def lift(self, target: FaultTarget) -> None:
        target.backends[self.server].proxy.switch(PASS)


@dataclass
class Restarted:
    """The server is killed and started again at once; Redis is empty then."""

    server: Server
    _pids: tuple[int, int] = field(default=(0, 0), init=False)
    _seconds: float = field(default=0.0, init=False)

    def inject(self, target: FaultTarget) -> None:
        server, killed = target.backends[self.server], Killed(self.server)
        before, started = server.process.pid, time.monotonic()
        killed.inject(target)
        killed.lift(target)
        self._pids = (before, server.process.pid)
        self._seconds = time.monotonic() - started

    def evidence(self, target: FaultTarget) -> Evidence:
        before, now = self._pids
        line = f"process {before} dead, {now} answered {self._seconds * 1000:.0f} ms later"
        return Evidence(before != now and not psutil.pid_exists(before), line)

    def lift(self, target: FaultTarget) -> None: ...


def _refused(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
