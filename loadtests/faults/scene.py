"""What faults need of a stack, by whichever road it was started."""

import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil
import redis

from compose.local import ports
from compose.local.database_server import Connection
from compose.local.placement import Placement
from loadtests.consistency.history import Record
from loadtests.observe.processes import MEGABYTE, processes_of, tcp_connections
from loadtests.proxy.modes import Mode


class Program(Protocol):
    """A program that can be ended in two ways; `pid` is its first process, as this machine sees it."""

    @property
    def pid(self) -> int: ...

    @property
    def running(self) -> bool: ...

    @property
    def exit_status(self) -> int | None: ...

    def ask(self) -> None:
        """Asks it to end (SIGTERM)."""

    def kill(self) -> None:
        """Kills it (SIGKILL) and returns when it is gone."""


class Instance(Protocol):
    """A service on its port of loopback."""

    @property
    def name(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def url(self) -> str: ...

    @property
    def pid(self) -> int: ...

    @property
    def settings(self) -> Mapping[str, str]: ...

    @property
    def grace(self) -> float: ...

    @property
    def process(self) -> Program: ...

    def start(self) -> None:
        """Starts it and returns when it is ready."""

    def stop(self) -> None:
        """Asks it to end, and kills what is left after its grace time."""

    def restart(self) -> None:
        """Stops and starts it."""


class Way(Protocol):
    """How services reach a server: through a proxy, or directly."""

    @property
    def port(self) -> int: ...

    def switch(self, mode: Mode) -> Mapping[str, Any]:
        """Does something to the connections, where there is a proxy."""

    def counts(self) -> Mapping[str, Any]:
        """Gives what was done to them."""


class Site(Protocol):
    """The stack as a whole."""

    @property
    def placement(self) -> Placement: ...

    @property
    def directory(self) -> Path: ...

    @property
    def database_version(self) -> str: ...

    @property
    def cache_url(self) -> str: ...

    def admin(self, database: str | None = None) -> Connection:
        """Gives a connection as root; the caller closes it."""

    def database(self, name: str) -> str:
        """Gives the name of a combination's database."""


PING_SECONDS = 20.0


@dataclass(frozen=True)
class Backend:
    """A server behind the services: its process, how it is started again, and the proxy before it.

    We reach it at `port`; `seen_at` is the port to which the services' connections go.
    """

    process: Program
    revive: Callable[[], None]
    port: int
    proxy: Way
    greet: Callable[[int], None]
    seen_at: int

    def answers_after(self) -> float:
        """Gives the seconds until it answers through its proxy; raises OSError when it does not."""
        started = time.monotonic()
        self.greet(self.proxy.port)
        return time.monotonic() - started


@dataclass(frozen=True)
class Scene:
    """One combination's service with all that stands behind it, and what may stand before it.

    Clients come in at the port `door`; `others` are further instances of the service behind it. `attempts` is what
    a fault's own clients met: it is judged like the load's.
    """

    name: str
    stack: Site
    service: Instance
    database: Backend
    cache: Backend
    door: int
    others: tuple[Instance, ...] = ()
    attempts: list[Record] = field(default_factory=list)

    @property
    def cached(self) -> bool:
        """Whether the service uses Redis."""
        return bool(self.service.settings["CACHE_URL"])

    @property
    def shop(self) -> str:
        """The name of the service's database, and of its user there."""
        return self.stack.database(self.name)

    def root(self) -> Connection:
        """Gives a connection to the service's database as root, past the proxy; the caller closes it."""
        return self.stack.admin(self.shop)

    def redis(self) -> redis.Redis:
        """Gives a client of Redis, past the proxy; the caller closes it."""
        return redis.Redis.from_url(self.stack.cache_url, socket_timeout=PING_SECONDS)

    def workers(self) -> list[psutil.Process]:
        """Gives the service's processes that are connected to the database."""
        found = psutil.Process(self.service.pid).children(recursive=True)
        return [each for each in found if self._uses(each, self.database.seen_at)]

    def redis_version(self) -> str:
        """Gives the version of Redis."""
        with contextlib.closing(self.redis()) as client:
            return str(client.info("server")["redis_version"])

    def processes(self) -> set[int]:
        """Gives the ids of the service's processes."""
        return {process.pid for process in processes_of(self.service.pid)}

    def memory_mb(self) -> float:
        """Gives the memory that the service's processes have for themselves, in MB."""
        total = 0.0
        for process in processes_of(self.service.pid):
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().uss / MEGABYTE
        return total

    def connections(self) -> int:
        """Gives how many clients' connections the service's processes hold."""
        many = 0
        for process in processes_of(self.service.pid):
            with contextlib.suppress(psutil.Error):
                found = process.net_connections("tcp")
                many += sum(bool(each.raddr) and each.laddr.port == self.service.port for each in found)
        return many

    @staticmethod
    def _uses(process: psutil.Process, port: int) -> bool:
        return any(peer.endswith(f":{port}") for _, peer in tcp_connections(process))


def greet_database(port: int) -> None:
    """Returns when a database server at a port of loopback has greeted; raises OSError."""
    with socket.create_connection((ports.LOOPBACK, port), PING_SECONDS) as wire:
        wire.settimeout(PING_SECONDS)
        if len(wire.recv(5)) == 0:
            raise ConnectionResetError("closed without a greeting")


def greet_redis(port: int) -> None:
    """Returns when a Redis at a port of loopback has answered a PING; raises OSError."""
    with socket.create_connection((ports.LOOPBACK, port), PING_SECONDS) as wire:
        wire.settimeout(PING_SECONDS)
        wire.sendall(b"PING\r\n")
        heard = b""
        while not heard.endswith(b"\n"):
            more = wire.recv(64)
            if not more:
                raise ConnectionResetError("closed without an answer")
            heard += more
