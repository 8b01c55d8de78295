"""The whole stack as private local processes in a temporary directory."""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from compose.local import definition, ports, rows
from compose.local.database_server import Connection
from compose.local.failures import StackError
from compose.local.interruption import Interruption, Undisturbed
from compose.local.options import StackOptions
from compose.local.ownership import claim
from compose.local.parts import Parts
from compose.local.placement import place
from compose.local.processes import sweep
from compose.local.service import Service


class Stack:
    """A running stack: enter it to start everything; on leaving, whatever came, nothing is left.

    Entering raises StackError with the reason when the stack cannot be started.
    """

    def __init__(self, options: StackOptions | None = None) -> None:
        self.options = options or StackOptions()
        self._plan = definition.read({**os.environ, "WORKERS": str(self.options.workers)})
        self._ports = self.options.ports(list(self._plan.combinations))
        first = next(iter(self._plan.combinations.values()))
        definition.must_fit(self._plan, self.options.environment)
        # Containers get one core by default, as Compose cannot count; here all others are known.
        self.placement = place(first.cpus, os.environ.get("OTHER_CPUS", ""))
        self._directory: Path | None = None
        self._started: Parts | None = None
        self._interruption = Interruption()

    def __enter__(self) -> Self:
        self._interruption.__enter__()
        try:
            ports.must_be_free(self._ports.values())
            self.options.say(str(self.placement))
            self._directory = claim(self.options.foreground)
            self._started = Parts(self._plan, self.options, self.placement, self._directory)
            self._started.start(self._ports)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends every process of the stack and removes its directory; harmless when done before."""
        try:
            with Undisturbed():
                self._remove()
        finally:
            self._interruption.__exit__(None, None, None)

    @property
    def directory(self) -> Path:
        """Where data, sockets and logs are while the stack runs."""
        if self._directory is None:
            raise StackError("the stack was not started")
        return self._directory

    @property
    def services(self) -> dict[str, Service]:
        """The services by the names of their combinations."""
        return self.parts.services

    @property
    def database_pid(self) -> int:
        """The id of the database server's process."""
        return self.parts.database.process.pid

    @property
    def cache_pid(self) -> int:
        """The id of Redis' process."""
        return self.parts.cache.process.pid

    @property
    def database_port(self) -> int:
        """The database server's port on loopback."""
        return self.parts.database.port

    @property
    def cache_port(self) -> int:
        """Redis' port on loopback."""
        return self.parts.cache.port

    @property
    def cache_url(self) -> str:
        """Redis' address as redis-py wants it."""
        return self.parts.cache.url

    @property
    def database_version(self) -> str:
        """Kind and version of the database server."""
        server = self.parts.database
        return f"{server.flavour.name} {server.version()}"

    def check(self) -> None:
        """An error with the end of its log if one of the programs has ended by itself."""
        self.parts.check()

    def service(self, name: str) -> Service:
        """A service by its combination's name."""
        return self.services[name]

    def url(self, name: str) -> str:
        """Where a combination's service answers."""
        return self.services[name].url

    def database(self, name: str) -> str:
        """The name of a combination's database."""
        return self._plan.combinations[name].database

    def admin(self, database: str | None = None) -> Connection:
        """A connection to the database server as root, in autocommit; the caller closes it."""
        return self.parts.database.connect(database)

    def restore(self, name: str) -> None:
        """Gives a combination's database its first rows back; its service must be idle."""
        rows.restore(self.admin, self.database(name))

    @property
    def parts(self) -> Parts:
        """The stack's programs, each of which can be ended and started again."""
        if self._started is None:
            raise StackError("the stack was not started")
        return self._started

    def _remove(self) -> None:
        try:
            if self._started:
                self._started.stop()
        finally:
            if self._directory:
                sweep(self._directory)
                shutil.rmtree(self._directory, ignore_errors=True)
