"""Tables, rows and users of the stack's databases: runs compose/database/*.sql in its order."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from compose.local.database_server import Connection
from compose.local.definition import FOLDER

SCRIPTS = FOLDER / "database"
TEMPLATE = "shop_template"
COPIES_AT_ONCE = 2

Connect = Callable[[str | None], Connection]


def fill(connect: Connect, scale: int, passwords: Mapping[str, str]) -> None:
    """Builds the data set once and copies it to the database of every user in `passwords`."""
    with connect(None) as root:
        run(root, "server.sql")
    create(connect, TEMPLATE)
    with connect(TEMPLATE) as root:
        run(root, "seed.sql", scale=scale)
    copies = ThreadPoolExecutor(COPIES_AT_ONCE)
    try:
        started = [copies.submit(add, connect, name, word) for name, word in passwords.items()]
        for copy in started:
            copy.result()
    finally:
        copies.shutdown(wait=False, cancel_futures=True)


def add(connect: Connect, database: str, password: str) -> None:
    """Makes a database with the template's rows, and the user that is named like it."""
    create(connect, database)
    with connect(database) as root:
        run(root, "copy.sql")
        run(root, "access.sql", shop=database, password=password)


def create(connect: Connect, database: str) -> None:
    """Makes a database with empty tables."""
    with connect(None) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{database}`")
    with connect(database) as root:
        run(root, "schema.sql")


def restore(connect: Connect, database: str) -> None:
    """Gives a database the template's rows back; nobody may have a transaction open on it."""
    with connect(database) as root:
        run(root, "copy.sql")


def checksums(connection: Connection) -> str:
    """Name, rows and checksum of each table, as compose/database/checksums.tsv holds them."""
    with connection.cursor() as cursor:
        for statement in (SCRIPTS / "checksums.sql").read_text().split(";"):
            if statement.strip():
                cursor.execute(statement)
        return "".join("\t".join(map(str, row)) + "\n" for row in cursor.fetchall())


def run(connection: Connection, script: str, **variables: str | int) -> None:
    """Runs a script with these session variables set; any statement that fails is an error."""
    with connection.cursor() as cursor:
        for name, value in variables.items():
            cursor.execute(f"SET @{name} = %s", [value])
        cursor.execute((SCRIPTS / script).read_text())
        while cursor.nextset():
            pass
