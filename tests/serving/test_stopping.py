"""Stopping a service: requests in flight are answered, stuck ones are abandoned, no process is left."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psutil
import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from tests.support.crowd import Crowd, all_of
from tests.support.obstacles import locked_tables
from tests.support.own_services import own_service, sessions, tree, workers
from tests.support.plain_http import Wire
from tests.support.twins import NAMES
from tests.support.waiting import SLACK, wait_until

GRACE = 3
HELD = 1.2
MARGIN = 3.0  # what the stack allows beyond GRACE before it kills
LONG = 9
Launch = Callable[..., Service]


@pytest.fixture(params=NAMES)
def launch(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Launch]:
    with ExitStack() as stopping:

        def launched(**environment: str) -> Service:
            environment.setdefault("GRACE", str(GRACE))
            service = own_service(stack, request.param, **environment)
            stopping.callback(service.stop)
            service.start()
            return service

        yield launched


@pytest.mark.parametrize("many", [1, 4], ids=["beside an idle worker", "in both workers"])
def test_a_request_in_flight_is_answered_before_the_end(launch: Launch, stack: Stack, many: int) -> None:
    service = launch(WORKERS="2")
    processes = tree(service)
    shop = stack.database(service.name)
    with Crowd(service.url) as crowd:
        with locked_tables(stack, shop):
            pending = crowd.get("/api/products/1", many)
            wait_until(lambda: _reading(service, stack) == many, "the reads wait at the server")
            processes[0].terminate()
            started = time.monotonic()
            time.sleep(HELD)
        answers = all_of(pending)
    assert [each.status for each in answers] == [200] * many
    assert processes[0].wait(GRACE + MARGIN) == 0
    assert HELD <= time.monotonic() - started < GRACE + MARGIN
    assert _left(processes) == []


def test_an_idle_connection_does_not_delay_the_end(launch: Launch) -> None:
    service = launch(GRACE=str(LONG))
    processes = tree(service)
    with ExitStack() as closing:
        for _ in range(4):
            wire = closing.enter_context(Wire(service.url))
            assert wire.get("/health/live")[0] == 200
        started = time.monotonic()
        processes[0].terminate()
        assert processes[0].wait(LONG) == 0
        assert time.monotonic() - started < LONG / 2
    assert _left(processes) == []


def test_stuck_requests_delay_the_end_by_the_grace_time_at_most(launch: Launch, stack: Stack) -> None:
    service = launch()
    processes = tree(service)
    with ExitStack() as closing, locked_tables(stack, stack.database(service.name)):
        wire = closing.enter_context(Wire(service.url))
        wire.send(b"GET /api/products/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: _reading(service, stack) == 1, "the read waits at the server")
        started = time.monotonic()
        processes[0].terminate()
        processes[0].wait(GRACE + 5)
        assert GRACE - 0.5 <= time.monotonic() - started < GRACE + MARGIN
        assert _left(processes) == []


def test_a_new_request_is_not_accepted_after_the_signal(launch: Launch) -> None:
    service = launch()
    parent = psutil.Process(service.pid)
    parent.terminate()
    parent.wait(GRACE + 5)
    with pytest.raises(ConnectionRefusedError), Wire(service.url):
        pass


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_terminated_worker_is_replaced_and_the_counters_stay(
    launch: Launch, stack: Stack, how: signal.Signals
) -> None:
    service = launch(WORKERS="2")
    victim = workers(service, stack)[0]
    victim.send_signal(how)
    wait_until(lambda: victim not in workers(service, stack), "it is gone")
    wait_until(lambda: len(workers(service, stack)) == 2, "there is another one")
    processes = tree(service)
    with Wire(service.url) as wire:
        assert wire.get("/api/products/1")[0] == 200
        assert b"http_requests_total" in wire.get("/metrics")[-1]
    processes[0].terminate()
    assert processes[0].wait(GRACE + MARGIN) == 0
    assert _left(processes) == []


def _has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def _reading(service: Service, stack: Stack) -> int:
    return sum("FROM products" in statement for statement in sessions(service, stack).values())


def _left(processes: list[psutil.Process]) -> list[psutil.Process]:
    """The processes that still run shortly after their parent's end."""
    psutil.wait_procs(processes, timeout=SLACK)
    return [each for each in processes if not _has_ended(each)]
