"""Faults inside Redis."""

import contextlib
import os
import signal
import socket
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

import psutil
from redis.exceptions import OutOfMemoryError

from compose.local.ports import LOOPBACK
from loadtests.faults.fault import Evidence
from loadtests.faults.scene import Backend, Scene
from loadtests.proxy.modes import CUT, PASS, Mode

FULL = {"maxmemory": "1", "maxmemory-policy": "noeviction"}


@dataclass
class Full:
    """Redis holds more than it may and evicts nothing: it refuses every SET, and allows GET and DEL."""

    _before: dict[str, str] = field(default_factory=dict, init=False)

    def inject(self, scene: Scene) -> None:
        """Gives it less memory than it uses."""
        with closing(scene.redis()) as client:
            self._before = {name: str(client.config_get(name)[name]) for name in FULL}
            for name, value in FULL.items():
                client.config_set(name, value)

    def evidence(self, scene: Scene) -> Evidence:
        """A SET is refused, and the server has counted the services' refused commands."""
        with closing(scene.redis()) as client:
            try:
                client.set("full?", "1", px=1000)
            except OutOfMemoryError as error:
                refused = client.info("errorstats").get("errorstat_OOM", {}).get("count", 0)
                return Evidence(int(refused) > 1, f"SET refused ({str(error)[:40]}), {refused} refused in all")
        return Evidence(False, "a SET was ACCEPTED")

    def lift(self, scene: Scene) -> None:
        """Gives it its memory back."""
        with closing(scene.redis()) as client:
            for name, value in self._before.items():
                client.config_set(name, value)


Which = Literal["cache", "database"]
CONNECT_SECONDS = 2.0


def backend(scene: Scene, which: Which) -> Backend:
    """Gives the server that a fault is about."""
    return scene.cache if which == "cache" else scene.database


@dataclass
class Killed:
    """The server is killed with -9; its port refuses until it is started again on what it had on disk."""

    which: Which
    _victim: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Kills it; the proxy refuses like the port of a dead server, instead of accepting for it."""
        server = backend(scene, self.which)
        self._victim = server.process.pid
        server.process.kill()
        server.proxy.switch(CUT)

    def evidence(self, scene: Scene) -> Evidence:
        """The process is gone and its port refuses."""
        server = backend(scene, self.which)
        gone = not psutil.pid_exists(self._victim)
        refused = _refused(server.proxy.port) and _refused(server.port)
        return Evidence(
            gone and refused,
            f"process {self._victim} {'dead' if gone else 'ALIVE'}, its port {'refused' if refused else 'ANSWERED'}",
        )

    def lift(self, scene: Scene) -> None:
        """Starts it again."""
        server = backend(scene, self.which)
        if not server.process.running:
            server.revive()
        server.proxy.switch(PASS)


@dataclass
class Frozen:
    """The server stands still: it accepts connections and says nothing (SIGSTOP)."""

    which: Which

    def inject(self, scene: Scene) -> None:
        """Stops it."""
        os.kill(backend(scene, self.which).process.pid, signal.SIGSTOP)

    def evidence(self, scene: Scene) -> Evidence:
        """The kernel calls it stopped."""
        status = psutil.Process(backend(scene, self.which).process.pid).status()
        return Evidence(status == psutil.STATUS_STOPPED, f"the kernel called the process {status}")

    def lift(self, scene: Scene) -> None:
        """Lets it go on."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(backend(scene, self.which).process.pid, signal.SIGCONT)


@dataclass
class OnTheWay:
    """Something happens between the services and the server: the proxy is in this mode.

    An answer through the proxy must then take `at_least` seconds, and the proxy must have `counted` something.
    """

    which: Which
    mode: Mode
    counted: str
    at_least: float = 0.0
    _before: int = field(default=0, init=False)

    def inject(self, scene: Scene) -> None:
        """Switches the proxy."""
        self._before = int(backend(scene, self.which).proxy.switch(self.mode).get(self.counted, 0))

    def evidence(self, scene: Scene) -> Evidence:
        """What the proxy has counted, and how long an answer took."""
        server = backend(scene, self.which)
        many = int(server.proxy.counts().get(self.counted, 0)) - self._before
        if not self.at_least:
            return Evidence(many > 0, f"{many} {self.counted} by the proxy")
        took = server.answers_after()
        return Evidence(
            many > 0 and took >= self.at_least,
            f"{many} {self.counted} by the proxy, an answer took {took * 1000:.0f} ms",
        )

    def lift(self, scene: Scene) -> None:
        """Passes again."""
        backend(scene, self.which).proxy.switch(PASS)


@dataclass
class Restarted:
    """The server is killed and started again at once; Redis is empty then."""

    which: Which
    _pids: tuple[int, int] = field(default=(0, 0), init=False)
    _seconds: float = field(default=0.0, init=False)

    def inject(self, scene: Scene) -> None:
        """Kills it and starts it again."""
        server = backend(scene, self.which)
        before, started = server.process.pid, time.monotonic()
        killed = Killed(self.which)
        killed.inject(scene)
        killed.lift(scene)
        self._pids = (before, server.process.pid)
        self._seconds = time.monotonic() - started

    def evidence(self, scene: Scene) -> Evidence:
        """Another process answers."""
        before, now = self._pids
        return Evidence(
            before != now and not psutil.pid_exists(before),
            f"process {before} dead, {now} answered {self._seconds * 1000:.0f} ms later",
        )

    def lift(self, scene: Scene) -> None:
        """Nothing is left to do."""


def _refused(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
