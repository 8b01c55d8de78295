"""Clients that come in thousands and leave: what a service keeps for them is bounded, and so is who may wait."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from shared.service.serving import MOST_WAITING
from tests.support.obstacles import locked_tables
from tests.support.own_services import running_service
from tests.support.raw_http import Answer, Wire, exchange, head, wire
from tests.support.twins import NAMES
from tools.measure_storms import MIB, storm, unique_memory, wait_for_the_last

# Nobody is answered while the tables are locked, so all who come wait for a place.
LONG = {
    "ACQUIRE_TIMEOUT": "60", "STATEMENT_TIMEOUT": "70", "READ_TIMEOUT": "71", "REQUEST_TIMEOUT": "72",
}  # fmt: skip
STORMS = 3
MOST, MOST_AT_ONCE = 120 * MIB, 80 * MIB
GET = head("GET /api/products/1 HTTP/1.1")


@contextmanager
def nobody_is_answered(stack: Stack, name: str) -> Iterator[Service]:
    with running_service(stack, name, **LONG) as service, locked_tables(stack, stack.database(name)):
        yield service


@pytest.mark.parametrize("name", NAMES)
def test_clients_that_leave_take_no_more_memory_than_those_who_may_wait(stack: Stack, name: str) -> None:
    with nobody_is_answered(stack, name) as service:
        before = unique_memory(service)
        for _ in range(STORMS):
            storm(service.url)
            wait_until_all_are_seen(service)
        assert unique_memory(service) - before < MOST


@pytest.mark.parametrize("name", NAMES)
def test_storms_without_a_pause_take_no_more_memory_than_one(stack: Stack, name: str) -> None:
    with running_service(stack, name, KEEP_ALIVE="1") as service:
        before = unique_memory(service)
        for _ in range(STORMS):
            storm(service.url)
        wait_for_the_last(service)
        assert unique_memory(service) - before < MOST_AT_ONCE


def test_who_comes_when_too_many_wait_is_refused_at_once_and_the_connection_closed(stack: Stack) -> None:
    with nobody_is_answered(stack, "async") as service, ExitStack() as clients:
        waiting = [clients.enter_context(wire(service.url)) for _ in range(MOST_WAITING + 50)]
        for each in waiting:
            each.send(GET)
        started = monotonic()
        with wire(service.url) as last:
            answer = refused(last)
        assert monotonic() - started < float(LONG["ACQUIRE_TIMEOUT"]) / 2
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["X-Combination"] == "async"


def wait_until_all_are_seen(service: Service) -> None:
    if service.name == "async":  # the other has no thread left, and keeps a waiting connection without its request
        answer = exchange(service.url, head("GET /health/live HTTP/1.1", "Connection: close"))
        assert answer is not None


def refused(client: Wire) -> Answer:
    client.send(GET)
    answer = client.answer()
    assert answer is not None
    assert client.closed()
    return answer
