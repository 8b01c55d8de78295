"""The stack's database server: MySQL or MariaDB, whichever is installed."""

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pymysql
from pymysql.constants import CLIENT
from pymysql.converters import escape_string
from pymysql.cursors import Cursor

from compose.local import ports, programs
from compose.local.definition import Definition
from compose.local.failures import unusable
from compose.local.permissions import give, make_folder, server_user, write_secret
from compose.local.placement import Cores
from compose.local.processes import Process, environment

Connection: TypeAlias = "pymysql.Connection[Cursor]"
INITIALISE_SECONDS, START_SECONDS, CONNECT_SECONDS = 120, 120, 30
LONGEST_SOCKET = 100  # the kernel allows 107 bytes
# Run before the server accepts connections. MariaDB's installer creates four root accounts without a password.
# `mariadb.sys` has none either, but it is locked, and system views need it.
ACCOUNTS = """\
ALTER USER 'root'@'localhost' IDENTIFIED BY '{password}';
SET @drop = (SELECT CONCAT('DROP USER ', GROUP_CONCAT(QUOTE(user), '@', QUOTE(host))) FROM mysql.user \
WHERE authentication_string = '' AND user <> 'mariadb.sys');
SET @drop = COALESCE(@drop, 'DO 0');
PREPARE statement FROM @drop;
EXECUTE statement;
DEALLOCATE PREPARE statement;
"""


@dataclass(frozen=True)
class Flavour:
    """How the data directory is initialised: by the program `installer`, or by the server itself."""

    name: str
    installer: str | None
    options: tuple[str, ...]


MYSQL = Flavour("MySQL", None, ("--initialize-insecure",))
MARIADB = Flavour("MariaDB", "mariadb-install-db", ("--auth-root-authentication-method=normal", "--skip-test-db"))


class DatabaseServer:
    """Data and socket in `directory`, TCP on a free port of loopback."""

    def __init__(self, definition: Definition, directory: Path, cores: Cores, password: str) -> None:
        self._definition = definition
        self._directory = directory
        self._password = password
        self._user = server_user()
        self._data = directory / "data"
        # Root's directory for import and export; separate from the data.
        self._files = directory.parent / "files"
        self._socket = directory / "s"
        self.program = programs.need("mysqld", "mariadbd")
        self.flavour = MARIADB if "MariaDB" in programs.version(self.program) else MYSQL
        self.process = Process("the database server", directory.parent / "database.log", cores)
        self.port = ports.free()

    def start(self, seeded: Path | None = None) -> None:
        """Start the server on a copy of `seeded`, else on an empty directory; the only account is root@localhost."""
        if len(str(self._socket)) > LONGEST_SOCKET:
            raise unusable(f"{self._socket} is too long for a socket: set TMPDIR to a shorter path")
        make_folder(self._directory, self._user)
        make_folder(self._files, self._user)
        if seeded is None:
            self._start_empty()
        else:
            self._copy(seeded)
            self._run()

    def _start_empty(self) -> None:
        settings = environment(self._directory, {})
        programs.run(self._initialise(), self.process.log, INITIALISE_SECONDS, settings, self._user)
        accounts = self._directory.parent / "accounts.sql"
        write_secret(accounts, ACCOUNTS.format(password=escape_string(self._password)), self._user)
        self._run(f"--init-file={accounts}")
        accounts.unlink()

    def _copy(self, seeded: Path) -> None:
        command = ["cp", "--recursive", "--sparse=always", str(seeded), str(self._data)]
        programs.run(command, self.process.log, INITIALISE_SECONDS, environment(self._directory, {}))
        give(self._data, self._user)

    def revive(self) -> None:
        """Restart a server that has exited, on the same data, port and cores."""
        self._run()
        self.settle()

    def settle(self) -> None:
        """Pin the server to its cores, once it has loaded the data."""
        self.process.settle()

    def connect(self, database: str | None = None) -> Connection:
        """A root connection over the socket: autocommit, several statements per query allowed."""
        return pymysql.connect(
            unix_socket=str(self._socket),
            ssl_disabled=True,  # not needed on a socket; creating the context takes longer than most statements
            user="root",
            password=self._password,
            database=database,
            autocommit=True,
            charset="utf8mb4",
            connect_timeout=CONNECT_SECONDS,
            client_flag=CLIENT.MULTI_STATEMENTS,
        )

    def version(self) -> str:
        """Such as 10.11.6."""
        with self.connect() as root, root.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            return str((cursor.fetchone() or ("unknown",))[0]).partition("-")[0]

    def _initialise(self) -> list[str]:
        installer = self.flavour.installer
        program = programs.need(installer) if installer else self.program
        return [program, "--no-defaults", f"--datadir={self._data}", *self.flavour.options]

    def _serve(self) -> list[str]:
        options = [word for word in self._definition.command if word.startswith("-")]
        return [
            self.program,
            "--no-defaults",
            *options,
            f"--datadir={self._data}",
            f"--socket={self._socket}",
            f"--pid-file={self._directory / 'pid'}",
            f"--port={self.port}",
            f"--bind-address={ports.LOOPBACK}",
            f"--tmpdir={self._directory}",
            f"--secure-file-priv={self._files}",
        ]

    def _run(self, *options: str) -> None:
        self.process.start(
            [*self._serve(), *options], environment(self._directory, {}), self._directory, user=self._user
        )
        self.process.wait(self._answers, START_SECONDS)

    def _answers(self) -> bool:
        try:
            self.connect().close()
            socket.create_connection((ports.LOOPBACK, self.port), CONNECT_SECONDS).close()
        except (pymysql.Error, OSError):
            return False
        return True
