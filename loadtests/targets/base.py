"""What is measured, however it was started."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import redis

from compose.local.database_server import Connection

# Tells a person what happens now.
Say: TypeAlias = Callable[[str], None]


class TargetError(Exception):
    """A service cannot be made ready to be measured; the message says which, and why."""


class LoadGenerator(Protocol):
    """A running k6, or several that share a load."""

    @property
    def pids(self) -> list[int]:
        """Of each k6, where that can be known."""

    def wait(self, seconds: float) -> None:
        """Raises GeneratorFailed unless it measures to the end within so many seconds."""

    def close(self) -> None:
        """Ends it where it still runs."""


class Target(Protocol):
    """Services under test, and the load generator that reaches them."""

    @property
    def cores(self) -> dict[str, int]:
        """How many cores each program may use, where it can be known."""
        return {}

    def host(self) -> dict[str, Any]:
        """On what the services run, where that is not this machine."""
        return {}

    def url(self, name: str) -> str:
        """Where this machine reaches a combination's service."""

    def prepare(self, names: Sequence[str], restore: bool) -> None:
        """Fresh processes started in this order, an empty cache, and the first rows if asked."""

    def programs(self, name: str) -> dict[str, int]:  # noqa: ARG002 (a preset)
        """The first process of each program that serves a combination, where it can be known."""
        return {}

    def generator(self, variables: dict[str, str], log: Path) -> LoadGenerator:
        """Starts k6 with these variables."""

    def administrator(self) -> "Connection | None":
        """A connection to the database server as root, which the caller closes; none where it is not ours."""
        return None

    def redis(self) -> "redis.Redis | None":
        """A client of the Redis server, which the caller closes; none where it is not ours."""
        return None

    def database(self, name: str) -> str:
        """The name of a combination's database, which is its user's name too."""

    def versions(self) -> dict[str, str]: ...

    def images(self) -> dict[str, str]:
        """The digest of each container's image, else its id; empty where there are no containers."""
        return {}
