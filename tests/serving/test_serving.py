"""Both servers alike on the wire: connections kept and closed, the backlog, pipelining, memory, ports."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from tests.support.own_services import running_service, tree, workers
from tests.support.plain_http import Wire, request
from tests.support.stacks import COMBINATIONS
from tests.support.twins import NAMES
from tests.support.waiting import SLACK, wait_until

KEEP_ALIVE, BACKLOG = 1, 16
CROWD, HEAD_START = 100, 0.5
MANY = 1200  # more than Hypercorn's default for one connection
MEGABYTES = 150
HEARTBEAT = "/dev/shm/wgunicorn-"  # noqa: S108
MIX = ["/api/products/{}", "/api/products?after={}", "/api/orders/{}", "/api/dashboard", "/metrics"]


@pytest.fixture(scope="module", params=NAMES)
def service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    limits = {"KEEP_ALIVE": str(KEEP_ALIVE), "BACKLOG": str(BACKLOG), "WORKERS": "2"}
    with running_service(stack, request.param, **limits) as running:
        yield running


def test_an_idle_connection_is_closed_after_the_keep_alive_time(service: Service) -> None:
    with Wire(service.url) as wire:
        assert wire.get("/health/live")[0] == 200
        started = time.monotonic()
        wire.wait_for_end()
        assert KEEP_ALIVE - 0.1 <= time.monotonic() - started < KEEP_ALIVE + SLACK


def test_a_busy_connection_is_never_closed(service: Service) -> None:
    with Wire(service.url) as wire:
        for _ in range(MANY):
            assert wire.get("/health/live")[0] == 200


def test_pipelined_requests_are_answered_in_order(service: Service) -> None:
    with Wire(service.url) as wire:
        wire.send(b"".join(request(f"/api/products/{number}") for number in (3, 1, 2)))
        answers = [wire.answer() for _ in range(3)]
    assert [status for status, _ in answers] == [200] * 3
    assert [body.partition(b",")[0] for _, body in answers] == [b'{"id":3', b'{"id":1', b'{"id":2']


def test_the_backlog_has_the_configured_length(service: Service) -> None:
    with _standing_still(service):
        taken = _connections_taken(service.port, BACKLOG * 8)
    # For each of two workers. Linux accepts one more than configured.
    assert taken == 2 * (BACKLOG + 1)


@pytest.mark.parametrize("name", COMBINATIONS)
def test_two_workers_share_many_requests(stack: Stack, name: str) -> None:
    """On a shared socket the first worker to wake would get all."""
    service = stack.service(name)
    with ExitStack() as closing:
        with _standing_still(service):
            for _ in range(CROWD):
                client = closing.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", service.port))
            os.kill(workers(service, stack)[0].pid, signal.SIGCONT)
            time.sleep(HEAD_START)
        wait_until(lambda: sum(_connections_of(service, stack)) >= CROWD, "all are accepted")
        assert min(_connections_of(service, stack)) > CROWD / 4


def test_pitfall_13_gunicorn_listens_on_its_port_only_and_beats_in_memory(stack: Stack) -> None:
    for process in tree(stack.service("sync")):
        assert [each.laddr for each in process.net_connections("unix") if each.laddr] == []
        files = [str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir()]
        assert [file for file in files if file.startswith(HEARTBEAT)]


@pytest.mark.parametrize("name", COMBINATIONS)
def test_the_memory_of_a_process_stays_small(stack: Stack, name: str) -> None:
    with Wire(stack.url(name)) as first, Wire(stack.url(name)) as second:
        for number in range(1, 41):
            for path in MIX:
                assert first.get(path.format(number))[0] == 200
                assert second.get(path.format(number))[0] == 200
    sizes = {process.pid: process.memory_info().rss / 2**20 for process in tree(stack.service(name))}
    assert max(sizes.values()) < MEGABYTES, sizes


@contextmanager
def _standing_still(service: Service) -> Iterator[None]:
    with ExitStack() as going_on:
        for process in tree(service):
            os.kill(process.pid, signal.SIGSTOP)
            going_on.callback(os.kill, process.pid, signal.SIGCONT)
        for process in tree(service):
            while process.status() != psutil.STATUS_STOPPED:
                time.sleep(0.01)
        yield


def _connections_taken(port: int, attempts: int) -> int:
    """How many connections the kernel queues for a server that accepts none."""
    with ExitStack() as closing:
        clients = [closing.enter_context(socket.socket()) for _ in range(attempts)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        time.sleep(0.3)
        return sum(_is_connected(client) for client in clients)


def _connections_of(service: Service, stack: Stack) -> list[int]:
    """How many clients each worker has."""
    found = [process.net_connections("tcp") for process in workers(service, stack)]
    return [sum(each.laddr.port == service.port and bool(each.raddr) for each in mine) for mine in found]


def _is_connected(client: socket.socket) -> bool:
    try:
        client.getpeername()
    except OSError:
        return False
    return True
