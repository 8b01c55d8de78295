"""The private database server: MySQL or MariaDB, whichever the system has."""

import os
import pwd
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pymysql
from pymysql.constants import CLIENT
from pymysql.cursors import Cursor

from compose.local import ports, programs
from compose.local.definition import Definition
from compose.local.failures import unusable
from compose.local.placement import Cores
from compose.local.processes import Process, environment

Connection: TypeAlias = "pymysql.Connection[Cursor]"
INITIALISE_SECONDS, START_SECONDS, CONNECT_SECONDS = 120, 120, 30
LONGEST_SOCKET = 100  # the kernel allows 107 bytes


@dataclass(frozen=True)
class Flavour:
    """How one kind of server makes its data directory: by `installer`, or else by itself."""

    name: str
    installer: str | None
    options: tuple[str, ...]


MYSQL = Flavour("MySQL", None, ("--initialize-insecure",))
MARIADB = Flavour("MariaDB", "mariadb-install-db", ("--auth-root-authentication-method=normal", "--skip-test-db"))


class DatabaseServer:
    """A server of its own: data and socket in `directory`, TCP on a free port of loopback."""

    def __init__(self, definition: Definition, directory: Path, cores: Cores, password: str) -> None:
        self._definition = definition
        self._directory = directory
        self._password = password
        self._socket = directory / "s"
        self.program = programs.need("mysqld", "mariadbd")
        self.flavour = MARIADB if "MariaDB" in programs.version(self.program) else MYSQL
        self._cores = cores
        everywhere = frozenset(os.sched_getaffinity(0))
        self.process = Process("the database server", directory.parent / "database.log", everywhere)
        self.port = ports.free()

    def start(self) -> None:
        """Makes an empty data directory, starts the server, and gives root its password."""
        if len(str(self._socket)) > LONGEST_SOCKET:
            raise unusable(f"{self._socket} is too long for a socket: set TMPDIR to a shorter path")
        own_directory(self._directory)
        programs.run(self._initialise(), self.process.log, INITIALISE_SECONDS, environment(self._directory, {}))
        self._run("")
        with self._connect("") as root, root.cursor() as cursor:
            cursor.execute("ALTER USER 'root'@'localhost' IDENTIFIED BY %s", [self._password])

    def revive(self) -> None:
        """Starts the server again on its data, port and cores after it has ended; returns when it answers."""
        self._run(self._password)
        self.settle()

    def settle(self) -> None:
        """Keeps the server to its own cores from now on; to load data it could use all."""
        self.process.move(self._cores)

    def connect(self, database: str | None = None) -> Connection:
        """A connection as root, in autocommit, by the server's socket; it may run whole scripts."""
        return self._connect(self._password, database)

    def version(self) -> str:
        """The number of the server's version."""
        with self.connect() as root, root.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            return str((cursor.fetchone() or ("unknown",))[0]).partition("-")[0]

    def _initialise(self) -> list[str]:
        installer = self.flavour.installer
        program = programs.need(installer) if installer else self.program
        return [program, "--no-defaults", *self._place(), *self.flavour.options]

    def _serve(self) -> list[str]:
        options = [word for word in self._definition.command if word.startswith("-")]
        return [
            self.program,
            "--no-defaults",
            *options,
            *self._place(),
            f"--socket={self._socket}",
            f"--pid-file={self._directory / 'pid'}",
            f"--port={self.port}",
            f"--bind-address={ports.LOOPBACK}",
            f"--tmpdir={self._directory}",
            f"--secure-file-priv={self._directory}",
        ]

    def _place(self) -> list[str]:
        return [f"--datadir={self._directory / 'data'}", f"--user={account()}"]

    def _run(self, password: str) -> None:
        self.process.start(self._serve(), environment(self._directory, {}), self._directory)
        self.process.wait(lambda: self._answers(password), START_SECONDS)

    def _answers(self, password: str) -> bool:
        try:
            self._connect(password).close()
            socket.create_connection((ports.LOOPBACK, self.port), CONNECT_SECONDS).close()
        except (pymysql.Error, OSError):
            return False
        return True

    def _connect(self, password: str, database: str | None = None) -> Connection:
        return pymysql.connect(
            unix_socket=str(self._socket),
            user="root",
            password=password,
            database=database,
            autocommit=True,
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            client_flag=CLIENT.MULTI_STATEMENTS,
        )


def account() -> str:
    """The user that the server runs as: ours, or `mysql` where we are root and it exists."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    if os.geteuid() == 0 and "mysql" in names:
        return "mysql"
    return pwd.getpwuid(os.geteuid()).pw_name


def own_directory(directory: Path) -> None:
    """Makes the directory and gives it to the server's user, who must also be able to reach it."""
    directory.mkdir()
    if os.geteuid() == 0:
        directory.parent.chmod(0o711)
        shutil.chown(directory, account())
