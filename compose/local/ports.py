"""Ports on loopback."""

import socket
from collections.abc import Iterable

import psutil

from compose.local.failures import unusable

LOOPBACK = "127.0.0.1"


def free() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def must_be_free(ports: Iterable[int]) -> None:
    """StackError names the first port in use and the process that listens on it."""
    for port in ports:
        if taken(port):
            raise unusable(
                f"port {port} is taken by {owner(port)}: stop it, or choose other ports with PORT_BASE=18000"
            )


def taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def owner(port: int) -> str:
    """The process that listens on a port; other users' processes are not visible."""
    for connection in psutil.net_connections("tcp"):
        listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
        if listens and connection.pid:
            return f"{described(connection.pid)} (process {connection.pid})"
    return "another user's process"


def described(pid: int) -> str:
    try:
        process = psutil.Process(pid)
        return " ".join(process.cmdline())[:60] or process.name()
    except psutil.Error:
        return "a process"
