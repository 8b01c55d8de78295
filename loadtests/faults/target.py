"""The target of a fault: one combination's service, and the servers behind it."""

import contextlib
import os
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import psutil
import redis

from compose.local import definition, ports
from compose.local.database_server import Connection
from compose.local.options import StackOptions
from compose.local.processes import Process, stop_all
from compose.local.service import Service, localised
from compose.local.stack import Stack
from loadtests.consistency.history import Record
from loadtests.consistency.kept_writes import query
from loadtests.observe.processes import MEGABYTE, processes_of, tcp_connections
from loadtests.proxy.client import Proxy

REPLY_SECONDS: Final = 20.0
Server: TypeAlias = Literal["cache", "database"]


@dataclass(frozen=True)
class Backend:
    """A server and the proxy in front of it; `greet` raises OSError if a port does not answer."""

    process: Process
    restart: Callable[[], None]
    port: int
    proxy: Proxy
    greet: Callable[[int], None]

    def answers_after(self) -> float:
        """The seconds of an answer through its proxy; raises OSError."""
        started = time.monotonic()
        self.greet(self.proxy.port)
        return time.monotonic() - started


@dataclass(frozen=True)
class FaultTarget:
    """One combination. Clients use `port`, nginx's if it is in front; `others` are further instances.

    `attempts` are by the fault's own clients, and are judged like the load's.
    """

    name: str
    stack: Stack
    service: Service
    backends: Mapping[Server, Backend]
    port: int
    others: tuple[Service, ...] = ()
    attempts: list[Record] = field(default_factory=list)

    @property
    def cached(self) -> bool:
        return bool(self.service.settings["CACHE_URL"])

    @property
    def schema(self) -> str:
        """The name of the service's database, and of its user."""
        return self.stack.database(self.name)

    def root(self) -> Connection:
        """A connection to the service's database as root, past the proxy; the caller closes it."""
        return self.stack.admin(self.schema)

    def query(self, statement: str, *values: object) -> tuple[tuple[Any, ...], ...]:
        with contextlib.closing(self.root()) as root:
            return query(root, statement, *values)

    def redis(self) -> redis.Redis:
        """A client of Redis, past the proxy; the caller closes it."""
        return redis.Redis.from_url(self.stack.cache_url, socket_timeout=REPLY_SECONDS)

    def redis_version(self) -> str:
        with contextlib.closing(self.redis()) as client:
            return str(client.info("server")["redis_version"])

    def workers(self) -> list[psutil.Process]:
        """The service's processes that are connected to the database."""
        children = psutil.Process(self.service.pid).children(recursive=True)
        peer_port = f":{self.backends['database'].proxy.port}"
        return [each for each in children if any(peer.endswith(peer_port) for _, peer in tcp_connections(each))]

    def processes(self) -> set[int]:
        return {process.pid for process in processes_of(self.service.pid)}

    def memory_mb(self) -> float:
        """Unique memory of the service's processes (USS)."""
        total = 0.0
        for process in processes_of(self.service.pid):
            with contextlib.suppress(psutil.Error):
                total += process.memory_full_info().uss / MEGABYTE
        return total

    def client_connections(self) -> int:
        sockets = [each for process in processes_of(self.service.pid) for each in tcp_connections(process)]
        return sum(local.endswith(f":{self.service.port}") for local, _ in sockets)


@contextlib.contextmanager
def fault_targets(options: StackOptions, names: Collection[str]) -> Iterator[dict[str, FaultTarget]]:
    """Starts a stack with proxies in front of the database and Redis; ends it afterwards."""
    with contextlib.ExitStack() as closing:
        stack = closing.enter_context(Stack(options))
        server, cache = stack.components.database, stack.components.cache
        to_database, to_redis = (
            closing.enter_context(Proxy(port, cores=stack.placement.others)) for port in (server.port, cache.port)
        )
        services = _services(stack, options, names, to_database.port, cache.url_at(to_redis.port))
        closing.callback(lambda: stop_all([service.process for service in services.values()], 1.0))
        for service in services.values():
            options.say(f"starting {service.name} on port {service.port}")
            service.launch()
        for service in services.values():
            service.wait()
        backends: dict[Server, Backend] = {
            "cache": Backend(cache.process, cache.start, cache.port, to_redis, greet_redis),
            "database": Backend(server.process, server.revive, server.port, to_database, greet_database),
        }
        yield {name: FaultTarget(name, stack, service, backends, service.port) for name, service in services.items()}


def greet_database(port: int) -> None:
    """Raises OSError if no database server sends its greeting on this loopback port."""
    with socket.create_connection((ports.LOOPBACK, port), REPLY_SECONDS) as connection:
        if not connection.recv(5):
            raise ConnectionResetError("closed without a greeting")


def greet_redis(port: int) -> None:
    """Raises OSError if no Redis answers a PING on this loopback port."""
    with socket.create_connection((ports.LOOPBACK, port), REPLY_SECONDS) as connection:
        connection.sendall(b"PING\r\n")
        with connection.makefile("rb") as replies:
            if not replies.readline().endswith(b"\n"):
                raise ConnectionResetError("closed without an answer")


def _services(
    stack: Stack, options: StackOptions, names: Collection[str], database_port: int, cache_url: str
) -> dict[str, Service]:
    plan = definition.read({**os.environ, "WORKERS": str(options.workers)})
    services: dict[str, Service] = {}
    for number, (name, combination) in enumerate(plan.combinations.items(), 1):
        if name in names:
            port = options.port_base + number
            settings = localised(combination, port, database_port, cache_url, plan.secrets) | dict(options.environment)
            services[name] = Service(name, port, settings, Path(stack.directory / name), stack.placement.services)
    ports.must_be_free(service.port for service in services.values())
    return services
