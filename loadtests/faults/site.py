"""What faults need of a stack, by whichever road it was started."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from compose.database_server import Connection
from compose.placement import Placement
from loadtests.faults.modes import Mode


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
