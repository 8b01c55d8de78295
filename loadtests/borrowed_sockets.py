"""The TCP sockets of another process, as copies that can be asked: right in a network namespace of its own too."""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# The number of the system call that copies a descriptor, which Python 3.11 does not have.
PIDFD_GETFD: Final = 438
# In the kernel's tcp_info: eight bytes, then numbers of four; of a listening socket the sixth is its longest queue.
TCP_INFO: Final = "8B24I"
LONGEST_QUEUE: Final = 8 + 5


def listen_queues(pid: int) -> list[int]:
    """Gives how many connections may wait at each listening socket of a process; none without the right to look."""
    found = []
    for copy in _tcp_sockets(pid):
        if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, struct.calcsize(TCP_INFO))
            found.append(struct.unpack(TCP_INFO, info)[LONGEST_QUEUE])
    return found


def connections(pid: int) -> set[tuple[str, str]]:
    """Gives both ends of each open connection of a process, its own first, as host:port."""
    found = set()
    for copy in _tcp_sockets(pid):
        try:
            found.add((_written(copy.getsockname()), _written(copy.getpeername())))
        except OSError:
            continue  # it listens, or has just been closed
    return found


def _tcp_sockets(pid: int) -> Iterator[socket.socket]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if not link.readlink().name.startswith("socket:"):
                continue
            with _borrowed(pid, int(link.name)) as copy:
                if copy.type == socket.SOCK_STREAM and copy.family in (socket.AF_INET, socket.AF_INET6):
                    yield copy
        except OSError:
            continue


@contextmanager
def _borrowed(pid: int, number: int) -> Iterator[socket.socket]:
    """A copy of another process's socket; the kernel asks for the right to trace that process."""
    handle = os.pidfd_open(pid)
    try:
        copy = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, handle, number, 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), "pidfd_getfd")
    finally:
        os.close(handle)
    with socket.socket(fileno=copy) as borrowed:
        yield borrowed


def _written(address: tuple[str, int]) -> str:
    return f"{address[0].removeprefix('::ffff:')}:{address[1]}"
