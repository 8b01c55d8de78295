"""Faults of a database: a locked table or row, a frozen server, a refused connection."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compose.local.database_server import Connection
from compose.local.ports import LOOPBACK
from compose.local.stack import Stack
from tests.support.seeded_servers import SeededServer
from tests.support.waiting import wait_until


@contextmanager
def locked_tables(stack: Stack, shop: str) -> Iterator[None]:
    """Reads of products, categories and calendar block until the block is left."""
    with stack.admin(shop) as root, root.cursor() as cursor:
        cursor.execute("LOCK TABLES products WRITE, categories WRITE, calendar WRITE")
        try:
            yield
        finally:
            cursor.execute("UNLOCK TABLES")


@contextmanager
def locked_row(server: SeededServer, shop: str) -> Iterator[None]:
    """Writes to product 1 block until the block is left."""
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
    """host:port of a bound socket that does not listen, so connections are refused."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield f"{LOOPBACK}:{held.getsockname()[1]}"


def stopped(pid: int) -> bool:
    """A thread goes on until it hears of the signal, which on a busy machine may be after the next request."""
    try:
        states = [file.read_text().rpartition(")")[2].split()[0] for file in Path(f"/proc/{pid}/task").glob("*/stat")]
    except (FileNotFoundError, ProcessLookupError):
        return False  # a thread has just ended
    return set(states) <= {"T", "Z"}


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """SIGSTOP until the block is left: the kernel still accepts connections."""
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: stopped(pid), "all of its threads stand still")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
