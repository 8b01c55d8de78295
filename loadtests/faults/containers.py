"""The stack in containers: where it is, and how docker is asked."""

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Final

import pymysql

from compose.local import definition, ports
from compose.local.database_server import Connection
from compose.local.failures import StackError
from compose.local.options import StackOptions
from compose.local.placement import Placement, listed, place

PROJECT: Final = "async-rewrite-matrix-faults"
COMMAND_SECONDS: Final = 120.0
CONNECT_SECONDS: Final = 10


class Containers:
    """The containers of a Compose project, published on ports of loopback.

    The project is the one that COMPOSE_PROJECT_NAME names, which is up already, or else one of our own.
    """

    def __init__(self, options: StackOptions) -> None:
        self.placement: Placement = place(os.environ.get("SERVICE_CPUS") or "0", os.environ.get("OTHER_CPUS", ""))
        self.directory = Path(definition.CHECKOUT)
        names = list(definition.read(os.environ).combinations)
        self.found = "COMPOSE_PROJECT_NAME" in os.environ
        self._environment = dict(os.environ) if self.found else self._new(options, names)
        self.ports = {name: int(self._environment[_port_variable(name)]) for name in names}
        self.database_port = int(self._environment["DATABASE_PORT"])
        self.cache_port = int(self._environment["CACHE_PORT"])
        self.plan = definition.read(self._environment)

    @property
    def cache_url(self) -> str:
        """Redis' address as we reach it."""
        return f"redis://{ports.LOOPBACK}:{self.cache_port}/0"

    @property
    def database_version(self) -> str:
        """Kind and version of the database server."""
        with contextlib.closing(self.admin()) as root, root.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            return f"MySQL {cursor.fetchall()[0][0]}"

    def _new(self, options: StackOptions, names: list[str]) -> dict[str, str]:
        return {
            **os.environ,
            **{_port_variable(name): str(options.port_base + number) for number, name in enumerate(names, 1)},
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_FILE": "compose.yaml:compose/testing.yaml",
            "SERVICE_CPUS": listed(self.placement.services),
            "OTHER_CPUS": listed(self.placement.others),
            "WORKERS": str(options.workers),
            "DATABASE_PORT": str(ports.free()),
            "CACHE_PORT": str(ports.free()),
        }

    def admin(self, database: str | None = None) -> Connection:
        """A connection as root, in autocommit; the caller closes it."""
        return pymysql.connect(
            host=ports.LOOPBACK, port=self.database_port, user="root", password=self.plan.secret("root"),
            database=database, autocommit=True, charset="utf8mb4", connect_timeout=CONNECT_SECONDS,
        )  # fmt: skip

    def database(self, name: str) -> str:
        """The name of a combination's database."""
        return self.plan.combinations[name].database

    def compose(self, *words: str, seconds: float = COMMAND_SECONDS) -> str:
        """What a `docker compose` command prints; StackError has its last line."""
        return self.docker("compose", *words, seconds=seconds)

    def docker(self, *words: str, seconds: float = COMMAND_SECONDS) -> str:
        """What a docker command prints; StackError has its last line."""
        try:
            done = subprocess.run(
                ["docker", *words], cwd=definition.CHECKOUT, env=self._environment, capture_output=True, text=True,
                timeout=seconds, check=True,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise StackError(f"docker {' '.join(words)}: {last}") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StackError(f"docker {' '.join(words)}: {error}") from None
        return done.stdout.strip()


def _port_variable(name: str) -> str:
    return f"{name.upper().replace('-', '_')}_PORT"
