"""Thousands of clients that connect and disconnect: a service's memory for them is bounded, and so is its queue."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.observe.processes import MEGABYTE
from shared.service.serving import THREADS_PER_PLACE
from tests.support.obstacles import locked_tables
from tests.support.own_services import running_service
from tests.support.raw_http import Wire, exchange, head, wire
from tests.support.twins import NAMES
from tests.support.waiting import wait_until
from tools.measure_storms import storm, unique_memory, wait_for_the_last

# No request is answered while the tables are locked, so all clients wait for a place.
LONG = {
    "ACQUIRE_TIMEOUT": "60", "STATEMENT_TIMEOUT": "70", "READ_TIMEOUT": "71", "REQUEST_TIMEOUT": "72",
}  # fmt: skip
STORMS = 5
TOO_MANY = 5
MOST, MOST_AT_ONCE = 120 * MEGABYTE, 80 * MEGABYTE
GET = head("GET /api/products/1 HTTP/1.1")


@contextmanager
def nobody_is_answered(stack: Stack, name: str) -> Iterator[Service]:
    with running_service(stack, name, **LONG) as service, locked_tables(stack, stack.database(name)):
        yield service


@pytest.mark.parametrize("name", NAMES)
def test_clients_that_disconnect_take_no_more_memory_than_a_full_queue(stack: Stack, name: str) -> None:
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


@pytest.mark.parametrize("name", NAMES)
def test_a_request_beyond_the_queue_is_refused_at_once(stack: Stack, name: str) -> None:
    with nobody_is_answered(stack, name) as service, ExitStack() as closing:
        # Requests being handled and requests in the queue.
        held = THREADS_PER_PLACE * int(service.settings["IN_FLIGHT"]) - 1
        clients = [closing.enter_context(wire(service.url)) for _ in range(held + TOO_MANY)]
        for each in clients:
            each.send(GET)
        wait_until(lambda: len(answered(clients)) >= TOO_MANY, "those who are too many have an answer")
        refused = [client for client in clients if client in answered(clients)]
        answers = [client.answer() for client in refused]
        assert len(refused) == TOO_MANY
        # A connection costs async memory, and sync none.
        assert name == "sync" or all(client.closed() for client in refused)
    for answer in answers:
        assert answer is not None
        assert (answer.status, answer.headers["Retry-After"], answer.headers["X-Combination"]) == (503, "1", name)


def answered(clients: list[Wire]) -> list[Wire]:
    return [client for client in clients if client.readable()]


def wait_until_all_are_seen(service: Service) -> None:
    if service.name == "async":  # the other has no thread left, and keeps a waiting connection without its request
        answer = exchange(service.url, head("GET /health/live HTTP/1.1", "Connection: close"))
        assert answer is not None
