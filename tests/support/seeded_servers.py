"""The database servers that the data set is tested on: a private local one, and optionally an external one.

TEST_DATABASE_URL (mysql://root@host:port, with TEST_DATABASE_PASSWORD_FILE) names the external one, whose four
databases the tests restore; TEST_DATABASE_EXEC runs a command in its container.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pymysql
from pymysql.constants import CLIENT

from compose.local import definition, rows
from compose.local.database_server import Connection
from compose.local.options import StackOptions
from compose.local.stack import Stack

EXTERNAL = "TEST_DATABASE_URL"
# Tests on the external server have this in their names, by which tools/compose_road selects them.
EXTERNAL_KIND = "external"
KINDS = ["local", EXTERNAL_KIND] if os.environ.get(EXTERNAL) else ["local"]
SHOPS = ["shop_sync", "shop_sync_cached", "shop_async", "shop_async_cached"]


@dataclass(frozen=True)
class SeededServer:
    """A server with the template and its four copies; `connect` opens a root connection."""

    connect: Callable[[str | None], Connection]
    host: str
    port: int

    def as_service(self, user: str) -> Connection:
        """A connection as a service's user, to its own database."""
        password = definition.read(os.environ).secret(user)
        return pymysql.connect(
            host=self.host, port=self.port, user=user, password=password, database=user,
            autocommit=True, charset="utf8mb4", connect_timeout=10, read_timeout=30,
        )  # fmt: skip

    def rows(self, database: str, statement: str) -> list[tuple[object, ...]]:
        with self.connect(database) as root, root.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def checksums(self, database: str) -> str:
        with self.connect(database) as root:
            return rows.checksums(root)


@contextmanager
def seeded_server(kind: str) -> Iterator[SeededServer]:
    """`kind` is one of KINDS."""
    if kind == EXTERNAL_KIND:
        yield external_server()
        return
    with Stack(StackOptions(only=())) as stack:
        yield SeededServer(stack.admin, "127.0.0.1", stack.database_port)


def external_server() -> SeededServer:
    """The server of TEST_DATABASE_URL."""
    url = urlsplit(os.environ[EXTERNAL])
    host, port = url.hostname or "127.0.0.1", url.port or 3306
    password = Path(os.environ["TEST_DATABASE_PASSWORD_FILE"]).read_text()

    def connect(database: str | None) -> Connection:
        return pymysql.connect(
            host=host, port=port, user=url.username or "root", password=password, database=database,
            autocommit=True, charset="utf8mb4", connect_timeout=10,
            client_flag=CLIENT.MULTI_STATEMENTS,
        )  # fmt: skip

    return SeededServer(connect, host, port)
