"""Clients that disconnect at any moment: between commit and drop, or during a read. Real sockets, both twins."""

import json
import random
import time
from collections.abc import Iterator

import httpx
import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import Mode
from tests.support.crowd import Crowd, all_of
from tests.support.figures import figures
from tests.support.own_services import own_service, running_service
from tests.support.plain_http import Wire, request
from tests.support.waiting import wait_until

CACHED = ["sync-cached", "async-cached"]
WRITES, READS = 80, 40
PRODUCT = 450
PATH = f"/api/products/{PRODUCT}"


@pytest.fixture(params=CACHED)
def service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    with running_service(stack, request.param, WORKERS="2", POOL="8", IN_FLIGHT="16", CACHE_TIMEOUT="1") as running:
        yield running


def test_a_client_that_disconnects_during_a_write_leaves_nothing_stale(service: Service, stack: Stack) -> None:
    some = random.Random(450)
    database = stack.database(service.name)
    with stack.admin(database) as root, root.cursor() as cursor, httpx.Client(base_url=service.url) as client:

        def stock() -> int:
            cursor.execute(f"SELECT stock FROM products WHERE id = {PRODUCT}")
            return int(cursor.fetchall()[0][0])

        for number in range(WRITES):
            client.get(PATH)
            with Wire(service.url) as wire:
                wire.send(_patch(number))
                time.sleep(some.uniform(0, 0.006))
            for _ in range(2):  # again a little later, for a write that had not arrived the first time
                wait_until(lambda: client.get(PATH).json()["stock"] == stock(), "what is read is what is there")
                time.sleep(0.01)
        written = figures(service.url).sum("cache_events_total", event="dropped")
    assert written > WRITES / 4, "too few of the writes arrived to say anything"


def test_a_client_that_disconnects_during_a_read_affects_no_other(service: Service) -> None:
    some = random.Random(451)
    for _ in range(READS):
        days = some.randrange(300, 366)
        with Wire(service.url) as wire:
            wire.send(request(f"/api/reports/revenue?days={days}"))
            time.sleep(some.uniform(0, 0.02))
    with Crowd(service.url) as crowd:
        answers = all_of(crowd.get("/api/products/451", 40))
    assert {each.status for each in answers} <= {200, 503}
    wait_until(lambda: figures(service.url).sum("pool_in_use") == 0, "no connection is lost")
    with Crowd(service.url) as crowd:
        answers = all_of(crowd.get("/api/products?limit=7", 40))
    assert {each.status for each in answers} == {200}


@pytest.mark.parametrize("name", CACHED)
def test_a_commit_whose_answer_is_lost_drops_the_values_it_may_have_touched(stack: Stack, name: str) -> None:
    with Proxy(stack.database_port) as proxy:
        address = _by_way_of(proxy.port, stack, name)
        service = own_service(stack, name, DATABASE_URL=address, CACHE_TIMEOUT="1")
        try:
            service.start()
            assert stock_of(service) == stock_of(service)
            with proxy.switched(Mode("lose", word="COMMIT")):
                answer = httpx.patch(service.url + PATH, json={"stock": 77}, timeout=15)
                order = {"customer_id": 1, "lines": [{"product_id": PRODUCT + 1, "quantity": 1}]}
                placed = httpx.post(f"{service.url}/api/orders", json=order, timeout=15)
            assert (answer.status_code, placed.status_code) == (503, 503)
            assert "Idempotency-Key" in answer.json()["detail"]
            assert stock_of(service) == 77
            assert figures(service.url).sum("cache_events_total", event="dropped") == 2
        finally:
            service.stop()


def _by_way_of(port: int, stack: Stack, name: str) -> str:
    """A combination's DATABASE_URL by way of another port."""
    address: str = stack.service(name).settings["DATABASE_URL"]
    return address.replace(f":{stack.database_port}/", f":{port}/")


def stock_of(service: Service) -> int:
    """The stock that a read gives."""
    answer = httpx.get(service.url + PATH, timeout=15)
    assert answer.status_code == 200
    return int(answer.json()["stock"])


def _patch(stock: int) -> bytes:
    body = json.dumps({"stock": stock}).encode()
    head = f"PATCH {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body
