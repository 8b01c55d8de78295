"""Scenes of private local processes, with a proxy before Redis and one before the database."""

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from compose.local import definition, ports
from compose.local.options import StackOptions
from compose.local.processes import stop_all
from compose.local.service import Service, localised
from compose.local.stack import Stack
from loadtests.faults.scene import Backend, Scene, greet_database, greet_redis
from loadtests.proxy.client import Proxy


@contextlib.contextmanager
def scenes(options: StackOptions, names: Collection[str]) -> Iterator[dict[str, Scene]]:
    """Gives a scene for each combination, their services ready; ends everything that it started."""
    with contextlib.ExitStack() as closing:
        stack = closing.enter_context(Stack(options))
        cores = stack.placement.others
        parts = stack.parts
        database_proxy = closing.enter_context(Proxy(stack.database_port, cores=cores))
        cache_proxy = closing.enter_context(Proxy(stack.cache_port, cores=cores))
        server, cache = parts.database, parts.cache
        database = Backend(
            server.process,
            server.revive,
            server.port,
            database_proxy,
            greet_database,
            database_proxy.port,
        )
        redis_server = Backend(cache.process, cache.start, cache.port, cache_proxy, greet_redis, cache_proxy.port)
        services = _services(stack, options, names, database_proxy.port, cache_proxy.port)
        closing.callback(lambda: stop_all([each.process for each in services.values()], 1.0))
        for service in services.values():
            options.say(f"starting {service.name} on port {service.port}")
            service.launch()
        for service in services.values():
            service.wait()
        yield {
            name: Scene(name, stack, service, database, redis_server, service.port)
            for name, service in services.items()
        }


def _services(
    stack: Stack, options: StackOptions, names: Collection[str], database_port: int, cache_port: int
) -> dict[str, Service]:
    plan = definition.read({**os.environ, "WORKERS": str(options.workers)})
    made: dict[str, Service] = {}
    for number, (name, described) in enumerate(plan.combinations.items(), 1):
        if name not in names:
            continue
        port = options.port_base + number
        url = f"redis://{ports.LOOPBACK}:{cache_port}/0"
        settings = localised(described, port, database_port, url, plan.secrets) | dict(options.environment)
        made[name] = Service(name, port, settings, Path(stack.directory / name), stack.placement.services)
    ports.must_be_free(each.port for each in made.values())
    return made
