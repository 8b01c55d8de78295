"""The whole stack as local processes in a temporary directory."""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from compose.local import definition, ports, rows
from compose.local.components import Components
from compose.local.database_server import Connection
from compose.local.failures import StackError
from compose.local.interruption import Interruption, Undisturbed
from compose.local.options import StackOptions
from compose.local.ownership import claim
from compose.local.placement import place
from compose.local.processes import sweep
from compose.local.service import Service


class Stack:
    """A context manager: starts everything on entry, stops and removes everything on exit.

    Entering raises StackError with the reason when the stack cannot be started.
    """

    def __init__(self, options: StackOptions | None = None) -> None:
        self.options = options or StackOptions()
        room = definition.room_for(self.options.only or (), self.options.scale)
        variables = {"WORKERS": str(self.options.workers), **room}
        self._plan = definition.read({**os.environ, **variables})
        self._ports = self.options.ports(list(self._plan.combinations), self._plan.default_names)
        first = next(iter(self._plan.combinations.values()))
        names = self._ports or self._plan.default_names
        definition.must_be_usable(self._plan, names, self.options.environment)
        definition.must_fit(self._plan, names, self.options.environment)
        # Compose cannot count cores, so containers get one by default; here all other cores are used.
        self.placement = place(first.cpus, os.environ.get("OTHER_CPUS", ""))
        self._directory: Path | None = None
        self._started: Components | None = None
        self._interruption = Interruption()

    def __enter__(self) -> Self:
        self._interruption.__enter__()
        try:
            ports.must_be_free(self._ports.values())
            self.options.say(str(self.placement))
            self._directory = claim(self.options.foreground)
            self._started = Components(self._plan, self.options, self.placement, self._directory)
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
        """Stop every process and remove the directory; idempotent."""
        try:
            with Undisturbed():
                self._remove()
        finally:
            self._interruption.__exit__(None, None, None)

    @property
    def directory(self) -> Path:
        """Data, sockets and logs."""
        if self._directory is None:
            raise StackError("the stack was not started")
        return self._directory

    @property
    def services(self) -> dict[str, Service]:
        """By combination."""
        return self.components.services

    @property
    def database_pid(self) -> int:
        return self.components.database.process.pid

    @property
    def cache_pid(self) -> int:
        return self.components.cache.process.pid

    @property
    def database_port(self) -> int:
        return self.components.database.port

    @property
    def cache_port(self) -> int:
        return self.components.cache.port

    @property
    def cache_url(self) -> str:
        return self.components.cache.url

    @property
    def database_version(self) -> str:
        """Such as MariaDB 10.11.6."""
        server = self.components.database
        return f"{server.flavour.name} {server.version()}"

    def check(self) -> None:
        """StackError if one of the programs has exited."""
        self.components.check()

    def service(self, name: str) -> Service:
        return self.services[name]

    def url(self, name: str) -> str:
        return self.services[name].url

    def database(self, name: str) -> str:
        return self._plan.combinations[name].database

    def admin(self, database: str | None = None) -> Connection:
        """A root connection in autocommit; the caller closes it."""
        return self.components.database.connect(database)

    def restore(self, name: str) -> None:
        """Reset a combination's database to the template's rows; its service must be idle."""
        rows.restore(self.admin, self.database(name))

    @property
    def components(self) -> Components:
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
