"""The same scenes in containers, for faults that docker kill and SQL can do: no proxy stands before the servers."""

import contextlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from compose.local import ports
from compose.local.failures import StackError
from compose.local.interruption import Undisturbed
from compose.local.options import StackOptions
from loadtests.faults.container_programs import Container, ContainerService
from loadtests.faults.containers import Containers
from loadtests.faults.scene import Backend, Scene, greet_database, greet_redis
from loadtests.proxy.modes import CUT, PASS, Mode

UP_SECONDS: Final = 900.0
DATABASE_PORT, CACHE_PORT = 3306, 6379
# What containers can be told without a proxy before the servers, and without a second instance.
FAULTS: Final = (
    "redis-killed", "redis-restarted", "redis-frozen", "redis-full", "database-killed", "database-frozen",
    "database-full", "lock-wait", "worker-killed", "terminated", "deploy", "disconnects",
)  # fmt: skip


class NoProxy:
    """The straight way to a server: it can only pass, and be cut by the server's own death."""

    def __init__(self, port: int) -> None:
        self.port = port

    def switch(self, mode: Mode) -> Mapping[str, Any]:
        """Does nothing; StackError for a mode that needs a proxy."""
        if mode not in (PASS, CUT):
            raise StackError(f"there is no proxy that could {mode}")
        return {}

    def counts(self) -> Mapping[str, Any]:
        """Nothing was done."""
        return {}


@contextlib.contextmanager
def compose_scenes(options: StackOptions, names: Collection[str]) -> Iterator[dict[str, Scene]]:
    """Gives a scene for each combination, in containers; takes down what it has brought up, with its volumes."""
    containers = Containers(options)
    if containers.found:
        yield {name: _scene(containers, name) for name in names}
        return
    ports.must_be_free(containers.ports.values())
    options.say("docker compose up --wait")
    try:
        containers.compose("up", "--detach", "--wait", seconds=UP_SECONDS)
        yield {name: _scene(containers, name) for name in names}
    finally:
        options.say("docker compose down --volumes")
        with Undisturbed():
            containers.compose("down", "--volumes", "--timeout", "10", seconds=UP_SECONDS)


def _scene(containers: Containers, name: str) -> Scene:
    database, cache = Container(containers, "database"), Container(containers, "cache")
    database_port, cache_port = containers.database_port, containers.cache_port
    service = ContainerService(containers, name)
    return Scene(
        name=name,
        stack=containers,
        service=service,
        database=Backend(
            database, lambda: database.start(lambda: containers.admin().close()), database_port,
            NoProxy(database_port), greet_database, DATABASE_PORT,
        ),
        cache=Backend(
            cache, lambda: cache.start(lambda: greet_redis(cache_port)), cache_port,
            NoProxy(cache_port), greet_redis, CACHE_PORT,
        ),
        door=service.port,
    )  # fmt: skip
