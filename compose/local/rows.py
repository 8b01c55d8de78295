"""Loads the databases: runs compose/database/*.sql in the order of its README."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from compose.local.database_server import Connection
from compose.local.definition import FOLDER

SCRIPTS = FOLDER / "database"
TEMPLATE = "shop_template"
COPIES_AT_ONCE = 2

Connect = Callable[[str | None], Connection]


def fill(connect: Connect, scale: int, passwords: Mapping[str, str]) -> None:
    """Create the data set once and copy it to the database of each user in `passwords`."""
    if TEMPLATE not in databases(connect):
        with connect(None) as root:
            run(root, "server.sql")
        create(connect, TEMPLATE)
        with connect(TEMPLATE) as root:
            run(root, "seed.sql", scale=scale)
    copies = ThreadPoolExecutor(COPIES_AT_ONCE)
    try:
        futures = [copies.submit(add, connect, name, word) for name, word in passwords.items()]
        for future in futures:
            future.result()
    finally:
        copies.shutdown(wait=False, cancel_futures=True)


def databases(connect: Connect) -> list[str]:
    with connect(None) as root, root.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        return [name for (name,) in cursor.fetchall()]


def add(connect: Connect, database: str, password: str) -> None:
    """Create a database with the template's rows, and the user of the same name."""
    create(connect, database)
    with connect(database) as root:
        run(root, "copy.sql")
        run(root, "access.sql", shop=database, password=password)


def create(connect: Connect, database: str) -> None:
    with connect(None) as root, root.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{database}`")
    with connect(database) as root:
        run(root, "schema.sql")


def restore(connect: Connect, database: str) -> None:
    """Reset a database to the template's rows; no transaction may be open on it."""
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
    """Set the session variables and run the script; a failing statement raises."""
    with connection.cursor() as cursor:
        for name, value in variables.items():
            cursor.execute(f"SET @{name} = %s", [value])
        cursor.execute((SCRIPTS / script).read_text())
        while cursor.nextset():
            pass
