"""Services for one test, with their own settings, on the shared database and Redis."""

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from compose.local import definition, ports
from compose.local.service import Service, localised
from compose.local.stack import Stack
from tests.support.stacks import own_ports

# Few connections, and limits short enough for a test to reach.
SMALL = {"WORKERS": "1", "POOL": "4", "IN_FLIGHT": "8"}
SHORT = {
    "ACQUIRE_TIMEOUT": "0.5", "CONNECT_TIMEOUT": "0.5", "STATEMENT_TIMEOUT": "1",
    "READ_TIMEOUT": "1.5", "REQUEST_TIMEOUT": "2.5", "LOCK_TIMEOUT": "1", "GRACE": "3",
}  # fmt: skip


def own_service(stack: Stack, name: str, **environment: str) -> Service:
    """A service that is not started yet, with its own port, folder and cache prefix."""
    plan = definition.read(os.environ)
    port = free_port()
    settings = localised(plan.combinations[name], port, stack.database_port, stack.cache_url, plan.secrets)
    settings |= SMALL | {"CACHE_PREFIX": f"own-{port}"} | environment
    # The port may by chance be one used before.
    folder = Path(tempfile.mkdtemp(prefix=f"own-{port}-", dir=stack.directory))
    return Service(name, port, settings, folder / name, stack.placement.services)


@contextmanager
def running_service(stack: Stack, name: str, **environment: str) -> Iterator[Service]:
    service = own_service(stack, name, **environment)
    try:
        service.start()
        yield service
    finally:
        service.stop()


def free_port() -> int:
    """A free port below the ephemeral range."""
    while ports.taken(port := random.choice(own_ports())):
        pass
    return port


def tree(service: Service) -> list[psutil.Process]:
    """The service's parent process and its descendants."""
    parent = psutil.Process(service.pid)
    return [parent, *parent.children(recursive=True)]


def workers(service: Service, stack: Stack) -> list[psutil.Process]:
    """The processes that have connections to the database."""
    return [process for process in tree(service) if database_ports(process, stack)]


def database_ports(process: psutil.Process, stack: Stack) -> set[int]:
    """Local ports of a process's connections to the database server."""
    try:
        connections = process.net_connections("tcp")
    except psutil.NoSuchProcess:
        return set()
    return {
        each.laddr.port
        for each in connections
        if each.raddr and each.raddr.port == stack.database_port and each.status == psutil.CONN_ESTABLISHED
    }


def sessions(service: Service, stack: Stack) -> dict[int, str]:
    """Running statements of the service's database sessions, by session id."""
    mine = set[int]().union(*(database_ports(process, stack) for process in tree(service)))
    with stack.admin("information_schema") as root, root.cursor() as cursor:
        cursor.execute("SELECT id, host, COALESCE(info, '') FROM processlist")
        rows = list(cursor.fetchall())
    return {
        int(number): str(statement)
        for number, host, statement in rows
        if host.rpartition(":")[2].isdigit() and int(host.rpartition(":")[2]) in mine
    }


def kill_sessions(service: Service, stack: Stack) -> int:
    """KILL the service's database sessions; return their number."""
    numbers = list(sessions(service, stack))
    with stack.admin() as root, root.cursor() as cursor:
        for number in numbers:
            cursor.execute(f"KILL {number}")
    return len(numbers)
