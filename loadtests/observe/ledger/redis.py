"""What Redis says of itself, and of a service's connections to it."""

from contextlib import closing
from typing import Any, Final

import redis

from loadtests.observe.processes import processes_of, tcp_connections
from loadtests.targets.base import Target

SETTINGS: Final = ("maxmemory", "maxmemory-policy", "maxclients", "save", "appendonly", "io-threads", "hz", "timeout")
OF_CLIENT: Final = ("lib-name", "lib-ver", "resp", "db", "user")


def entries(target: Target, service: int | None) -> dict[str, str]:
    """Version, settings and this service's clients; raises redis.RedisError."""
    client = target.redis()
    if client is None:
        return {}
    with closing(client):
        info: Any = client.info("server")
        settings: Any = client.config_get(*SETTINGS)
        ledger = {f"Redis' {name}": str(value) or "empty" for name, value in settings.items()}
        ledger["Redis"] = str(info["redis_version"])
        return ledger | (_clients(client, service) if service else {})


def _clients(client: "redis.Redis", service: int) -> dict[str, str]:
    mine = {ends for process in processes_of(service) for ends in tcp_connections(process)}
    listed: Any = client.client_list()
    clients = [each for each in listed if (each["addr"], each["laddr"]) in mine]
    if not clients:
        return {}  # it has none, or is in a container, where its connections cannot be told from others
    ledger = {"Redis connections": str(len(clients))}
    for name in OF_CLIENT:
        if values := {each.get(name) or "unknown" for each in clients}:
            ledger[f"Redis client's {name}"] = " | ".join(sorted(values))
    return ledger
