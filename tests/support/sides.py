"""A twin and a database server: the twin's pool and connections, and its sessions at the server."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from compose.local.stack import Stack
from shared.service.metrics import Metrics
from shared.service.settings import Settings, read_settings
from tests.support.seeded_servers import EXTERNAL_KIND, KINDS, SeededServer, external_server
from tests.support.twins import NAMES, Twin
from tests.support.waiting import wait_until

SIDES = [(name, kind) for kind in KINDS for name in NAMES]
CLOSING_SECONDS = 0.2
PASSWORD = "for-this-test-only"
Row = tuple[Any, ...]


@dataclass
class Side:
    """One twin and one server; a database user of its own identifies its sessions."""

    twin: Twin
    server: SeededServer
    closing: ExitStack
    user: str = field(init=False)
    shop: str = field(init=False)

    def __post_init__(self) -> None:
        self.user = f"probe_{self.twin.name}"
        self.shop = f"shop_{self.twin.name}"

    def settings(self, **others: str | float) -> Settings:
        """Settings for this server; `others` replace fields without validation."""
        address = f"{self.user}:{PASSWORD}@{self.server.host}:{self.server.port}"
        environment = {
            "COMBINATION": self.twin.name,
            "BIND": "127.0.0.1:1",
            "DATABASE_URL": f"mysql://{address}/{self.shop}",
        }
        return msgspec.structs.replace(read_settings(environment), **others)

    def call(self, function: Callable[..., Any], *values: Any) -> Any:
        """Call a function of the twin and wait for it; exceptions pass through."""
        return self.twin.call(function, *values)

    def start(self, function: Callable[..., Any], *values: Any) -> Future[Any]:
        return self.twin.start(function, *values)

    def background(self) -> Any:
        """Closed at the end of the test."""
        background = self.twin.part("service.background", "Background")()
        self.closing.callback(self.call, background.close, 2.0)
        return background

    def pool(self, **others: str | float) -> Any:
        """An open pool, closed at the end of the test."""
        settings = self.settings(**others)
        pool = self.twin.part("database.pool", "Pool")(settings, self.background(), Metrics())
        self.call(pool.open)
        self.closing.callback(self.call, pool.close, CLOSING_SECONDS)
        return pool

    def database(self, pool: Any) -> Any:
        return self.twin.part("database.database", "Database")(pool, Metrics())

    def connection(self, **others: str | float) -> Any:
        """An open connection, closed at the end of the test."""
        opener = self.twin.part("database.connection", "open_connection")
        connection = self.call(opener, self.settings(**others), self.background())
        self.closing.callback(self.call, connection.close)
        return connection

    def rows(self, connection: Any, statement: str, *values: Any) -> list[Row]:
        return list(self.call(connection.run, statement, *values).rows)

    def seen(self) -> dict[int, str]:
        """Running statements of the side's sessions at the server, by session id."""
        listed = self.server.rows(
            "information_schema",
            f"SELECT id, COALESCE(info, '') FROM processlist WHERE user = '{self.user}'",
        )
        return {int(str(number)): str(statement) for number, statement in listed}

    def busy(self) -> int:
        """Number of sessions that run a SLEEP."""
        return sum("SLEEP" in statement for statement in self.seen().values())

    def kill(self, *numbers: int) -> None:
        """KILL sessions and wait until they are gone."""
        with self.server.connect(None) as root, root.cursor() as cursor:
            for number in numbers:
                cursor.execute(f"KILL {number}")
        wait_until(lambda: not set(numbers) & set(self.seen()), "killed sessions are gone")


def server_of(kind: str, request: pytest.FixtureRequest) -> SeededServer:
    """The external server, or that of the shared stack, whose fixture is requested only here."""
    if kind == EXTERNAL_KIND:
        return external_server()
    stack: Stack = request.getfixturevalue("stack")
    return SeededServer(stack.admin, "127.0.0.1", stack.database_port)


@contextmanager
def side_of(name: str, server: SeededServer) -> Iterator[Side]:
    with Twin(name) as twin, ExitStack() as closing:
        side = Side(twin, server, closing)
        _create_user(side)
        yield side


def _create_user(side: Side) -> None:
    account = f"'{side.user}'@'%'"
    with side.server.connect(None) as root, root.cursor() as cursor:
        cursor.execute(f"DROP USER IF EXISTS {account}")
        cursor.execute(f"CREATE USER {account} IDENTIFIED BY '{PASSWORD}'")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE ON `{side.shop}`.* TO {account}")
    side.closing.callback(_drop_user, side)


def _drop_user(side: Side) -> None:
    with side.server.connect(None) as root, root.cursor() as cursor:
        cursor.execute(f"DROP USER '{side.user}'@'%'")
