"""The interface of everything that can be measured."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import redis

from compose.local.database_server import Connection

# Prints progress.
Say: TypeAlias = Callable[[str], None]


class TargetError(Exception):
    """A service that cannot be measured; the message names it and the reason."""


class LoadGenerator(Protocol):
    """A running k6, or several k6 processes that share a load."""

    @property
    def pids(self) -> list[int]:
        """The process of each k6, if known."""

    def wait(self, seconds: float) -> None:
        """Raises GeneratorFailed unless it finishes within this time."""

    def close(self) -> None:
        """Ends it if it still runs."""


class Target(Protocol):
    """Services under test, and the load generator that reaches them."""

    @property
    def cores(self) -> dict[str, int]:
        """How many cores each program may use, if known."""
        return {}

    def host(self) -> dict[str, Any]:
        """The host of the services, if it is not this machine."""
        return {}

    def url(self, name: str) -> str:
        """The address of a combination's service, from this machine."""

    def prepare(self, names: Sequence[str], restore: bool) -> None:
        """Starts fresh processes in this order, empties the cache, and restores the initial rows if asked to."""

    def programs(self, name: str) -> dict[str, int]:  # noqa: ARG002 (a preset)
        """The first process of each program of a combination, if known."""
        return {}

    def generator(self, variables: dict[str, str], log: Path) -> LoadGenerator:
        """Starts k6 with these variables."""

    def administrator(self) -> "Connection | None":
        """A connection to the database server as root, which the caller closes; none if it is not ours."""
        return None

    def redis(self) -> "redis.Redis | None":
        """A client of the Redis server, which the caller closes; none if it is not ours."""
        return None

    def database(self, name: str) -> str:
        """The name of a combination's database and of its user."""

    def versions(self) -> dict[str, str]: ...

    def images(self) -> dict[str, str]:
        """The digest or id of each container's image; empty without containers."""
        return {}
