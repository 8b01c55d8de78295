"""What stands in the way of a database: a locked table or row, a frozen server, none at all."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from compose.local.database_server import Connection
from compose.local.ports import LOOPBACK
from compose.local.stack import Stack
from tests.support.seeded_servers import SeededServer


@contextmanager
def locked_tables(stack: Stack, shop: str) -> Iterator[None]:
    """Reads of products, calendar and what is joined to them wait until the block is left."""
    with stack.admin(shop) as root, root.cursor() as cursor:
        cursor.execute("LOCK TABLES products WRITE, categories WRITE, calendar WRITE")
        try:
            yield
        finally:
            cursor.execute("UNLOCK TABLES")


@contextmanager
def locked_row(server: SeededServer, shop: str) -> Iterator[None]:
    """Writes to product 1 wait until the block is left."""
    root: Connection = server.connect(shop)
    with root, root.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute("SELECT * FROM products WHERE id = 1 FOR UPDATE")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def refusing_address() -> Iterator[str]:
    """An address of loopback where nobody listens, and nobody else can while the block lasts."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield f"{LOOPBACK}:{held.getsockname()[1]}"


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A process stands still until the block is left: it accepts and says nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
