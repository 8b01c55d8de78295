"""Prints a service's unique memory after storms of disconnects: python -m tools.measure_storms [sync async]"""

import argparse
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final
from urllib.parse import urlsplit

import psutil

from compose.local.options import StackOptions
from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.observe.processes import MEGABYTE

CLIENTS: Final = 2000
COUNTED_AT_S: Final = (1, 5, 10, 20)
REQUEST: Final = b"GET /api/products/1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
SECONDS: Final = 60.0


def storm(url: str, clients: int = CLIENTS) -> None:
    """All clients connect, then all send a request, then all disconnect."""
    address = urlsplit(url)
    with ExitStack() as leaving:
        everyone = [
            leaving.enter_context(socket.create_connection((address.hostname, address.port or 80), SECONDS))
            for _ in range(clients)
        ]
        for client in everyone:
            client.sendall(REQUEST)


def wait_for_the_last(service: Service) -> None:
    """Returns when the service has closed all its clients' connections."""
    ends = time.monotonic() + SECONDS
    while _open(service) and time.monotonic() < ends:
        time.sleep(0.2)


def unique_memory(service: Service) -> int:
    """The memory that would be freed if the service ended (USS), in bytes."""
    return sum(process.memory_full_info().uss for process in _processes(service))


def _open(service: Service) -> int:
    connections = (each for process in _processes(service) for each in process.net_connections("tcp"))
    return sum(each.laddr.port == service.port and bool(each.raddr) for each in connections)


def _processes(service: Service) -> list[psutil.Process]:
    parent = psutil.Process(service.pid)
    return [parent, *parent.children(recursive=True)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.measure_storms", description=__doc__)
    parser.add_argument("names", nargs="*", default=["sync", "async"])
    names = parser.parse_args(arguments).names
    with Stack(StackOptions(only=names)) as stack:
        for name in names:
            _measure(stack.service(name))
    return 0


def _measure(service: Service) -> None:
    print(f"{service.name}: {unique_memory(service) / MEGABYTE:.0f} MiB before", flush=True)
    for number in range(1, COUNTED_AT_S[-1] + 1):
        storm(service.url)
        if number in COUNTED_AT_S:
            wait_for_the_last(service)
            print(f"{service.name}: {unique_memory(service) / MEGABYTE:.0f} MiB after {number}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
