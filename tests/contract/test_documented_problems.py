"""Every documented problem of a route is provoked on both twins."""

import time
from collections.abc import Iterator

import httpx
import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from shared.http.routes import ROUTES
from tests.support import odd_http
from tests.support.bad_requests import GOOD_ORDER, GOOD_PATCH, JSON, LARGEST_BODY
from tests.support.crowd import Crowd, all_of
from tests.support.documented import Documented
from tests.support.figures import figures
from tests.support.obstacles import frozen
from tests.support.own_services import SHORT, running_service
from tests.support.raw_http import head, wire
from tests.support.traffic import Request
from tests.support.twins import NAMES
from tests.support.waiting import wait_until

SLACK, DRIP = 0.8, 0.2
REQUEST = float(SHORT["REQUEST_TIMEOUT"])
NO_STOCK = 61
PRODUCT, ORDERS = "/api/products/1", "/api/orders"
TOO_LONG = b" " * LARGEST_BODY + GOOD_PATCH
TEXT = {"Content-Type": "text/plain"}


def order(product: int) -> bytes:
    return b'{"customer_id":1,"lines":[{"product_id":%d,"quantity":1}]}' % product


# A request for each route that needs the database, sent without one.
GOOD = {
    "list_products": Request("GET", "/api/products"),
    "get_product": Request("GET", PRODUCT),
    "patch_product": Request("PATCH", PRODUCT, body=GOOD_PATCH, headers=JSON),
    "create_order": Request("POST", ORDERS, body=GOOD_ORDER, headers=JSON),
    "get_order": Request("GET", "/api/orders/1"),
    "revenue": Request("GET", "/api/reports/revenue"),
    "dashboard": Request("GET", "/api/dashboard"),
    "ready": Request("GET", "/health/ready"),
}
# One connection each, also for a dashboard: it reads in sequence.
POOL = len(GOOD)
LIMITS = {**SHORT, "POOL": str(POOL), "IN_FLIGHT": str(3 * POOL), "FANOUT": "serial"}
WRONG = {
    ("list_products", 400): Request("GET", "/api/products?limit=0"),
    ("get_product", 400): Request("GET", f"{PRODUCT}?x=1"),
    ("get_product", 404): Request("GET", "/api/products/0"),
    ("patch_product", 400): Request("PATCH", PRODUCT, body=b"{}", headers=JSON),
    ("patch_product", 404): Request("PATCH", "/api/products/0", body=GOOD_PATCH, headers=JSON),
    ("patch_product", 413): Request("PATCH", PRODUCT, body=TOO_LONG, headers=JSON),
    ("patch_product", 415): Request("PATCH", PRODUCT, body=GOOD_PATCH, headers=TEXT),
    ("create_order", 400): Request("POST", ORDERS, body=b"{}", headers=JSON),
    ("create_order", 409): Request("POST", ORDERS, body=order(NO_STOCK), headers=JSON),
    ("create_order", 413): Request("POST", ORDERS, body=TOO_LONG, headers=JSON),
    ("create_order", 415): Request("POST", ORDERS, body=GOOD_ORDER, headers=TEXT),
    ("create_order", 422): Request("POST", ORDERS, body=order(9999), headers=JSON),
    ("get_order", 400): Request("GET", "/api/orders/1?x=1"),
    ("get_order", 404): Request("GET", "/api/orders/0"),
    ("revenue", 400): Request("GET", "/api/reports/revenue?days=0"),
    ("dashboard", 400): Request("GET", "/api/dashboard?x=1"),
}
# The head of a request, and the repeated part of its body: nothing, or chunks of one space.
SLOW = {
    ("patch_product", 408): (head(odd_http.PATCH, odd_http.JSON, odd_http.LENGTH), b""),
    ("create_order", 408): (head(f"POST {ORDERS} HTTP/1.1", odd_http.JSON, odd_http.CHUNKED), b"1\r\n \r\n"),
}
REFUSED = {(name, 503): request for name, request in GOOD.items()}
LATE = {(name, 504): request for name, request in GOOD.items()}


@pytest.fixture(scope="module", params=NAMES)
def service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    with running_service(stack, request.param, **LIMITS) as running:
        yield running


@pytest.fixture
def crowd(service: Service) -> Iterator[Crowd]:
    """Clients; when they have gone the service answers as before."""
    with Crowd(service.url) as clients:
        yield clients
        wait_until(
            lambda: {each.status for each in all_of(clients.get(PRODUCT, POOL))} == {200}, "the service answers again"
        )


def test_every_documented_problem_has_a_request_that_provokes_it() -> None:
    documented = {(route.name, status) for route in ROUTES for status in route.problems}
    assert documented == {*WRONG, *SLOW, *REFUSED, *LATE}


def answers(crowd: Crowd, service: Service, asked: dict[tuple[str, int], Request]) -> dict[tuple[str, int], int]:
    """Send the requests concurrently and check each answer against the document."""
    pending = [
        crowd.send(request.method, request.path, content=request.body, headers=request.headers)
        for request in asked.values()
    ]
    found = dict(zip(asked, all_of(pending), strict=True))
    for each in found.values():
        Documented(service.name).check(each.answer)
    return {pair: each.status for pair, each in found.items()}


def as_expected(asked: dict[tuple[str, int], Request]) -> dict[tuple[str, int], int]:
    return {(name, status): status for name, status in asked}


def test_wrong_requests_are_refused_as_documented(service: Service, crowd: Crowd) -> None:
    (emptied,) = all_of([crowd.send("PATCH", f"/api/products/{NO_STOCK}", json={"stock": 0})])
    assert emptied.status == 200
    assert answers(crowd, service, WRONG) == as_expected(WRONG)


def test_without_an_answer_of_the_database_every_route_that_needs_it_times_out(
    service: Service, crowd: Crowd, stack: Stack
) -> None:
    with frozen(stack.database_pid):
        assert answers(crowd, service, LATE) == as_expected(LATE)


def test_without_a_free_connection_every_route_that_needs_one_is_refused(
    service: Service, crowd: Crowd, stack: Stack
) -> None:
    service.restart()  # with all its connections, some of which an earlier test may have closed
    with frozen(stack.database_pid):
        holding = crowd.get("/api/orders/1", POOL)
        wait_until(lambda: figures(service.url).sum("pool_in_use") == POOL, "all connections are at work")
        assert answers(crowd, service, REFUSED) == as_expected(REFUSED)
        all_of(holding)


@pytest.mark.timed
@pytest.mark.parametrize("pair", SLOW, ids=lambda pair: pair[0])
def test_a_body_that_does_not_arrive_in_time_is_a_408(service: Service, pair: tuple[str, int]) -> None:
    start, piece = SLOW[pair]
    with wire(service.url) as connection:
        connection.send(start)
        started = time.monotonic()
        while time.monotonic() < started + REQUEST - 2 * DRIP:
            connection.send(piece)
            time.sleep(DRIP)
        answer = connection.answer()
        assert REQUEST - DRIP <= time.monotonic() - started < REQUEST + SLACK
    assert answer is not None
    assert answer.status == 408
    method, path, _ = start.decode().split(" ", 2)
    headers = httpx.Headers(answer.headers.items())
    Documented(service.name).check_answer(method, path, answer.status, headers, answer.body)
