"""Requests that contradict HTTP, byte by byte: neither twin answers them with a 500, and both answer alike.

Unavoidable differences are in DIFFERENT, with each twin's behaviour; docs/fairness.md explains them.
"""

import random
import time
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from tests.support.bad_requests import GOOD_ORDER, GOOD_PATCH
from tests.support.odd_http import ALIVE, CHUNKED, JSON, PATCH
from tests.support.own_services import running_service
from tests.support.raw_http import exchange, head, wire
from tests.support.twins import NAMES

LIMIT_S = 2.5
LIMITS = {"REQUEST_TIMEOUT": str(LIMIT_S), "READ_TIMEOUT": "2", "STATEMENT_TIMEOUT": "1"}
# Headers of proxies are never trusted, whatever the environment.
TRUSTING = {"FORWARDED_ALLOW_IPS": "*", "SCRIPT_NAME": "/nowhere"}
LENGTH = f"Content-Length: {len(GOOD_ORDER)}"
SMUGGLED = head("POST /api/orders HTTP/1.1", JSON, LENGTH) + GOOD_ORDER
LONG: Final = 5_000_000

TARGETS: Mapping[str, tuple[str, int]] = {
    "an open bracket": ("GET http://[::1/api/products HTTP/1.1", 400),
    "no path": ("GET ?x HTTP/1.1", 400),
    "a relative path": ("GET health/live HTTP/1.1", 400),
    "a host alone": ("GET http://localhost HTTP/1.1", 400),
    "a host and a query": ("GET http://localhost?x HTTP/1.1", 400),
    "another scheme": ("GET ftp://localhost/health/live HTTP/1.1", 400),
    "an asterisk": ("GET * HTTP/1.1", 400),
    "a tunnel": ("CONNECT localhost:80 HTTP/1.1", 400),
    "a fragment": ("GET /health/live#top HTTP/1.1", 400),
    "a fragment behind a query": ("GET /api/products?limit=1#top HTTP/1.1", 400),
    "two slashes": ("GET //health/live HTTP/1.1", 200),
    "two slashes and a bracket": ("GET //[::1/x HTTP/1.1", 404),
    "bad escapes": ("GET /%zz%ff%00 HTTP/1.1", 404),
}
PEERS = [
    *("SCRIPT_NAME: /nowhere", "SCRIPT-NAME: /health", "PATH_INFO: /nowhere", "X-Forwarded-Prefix: /nowhere"),
    *("X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off", "X-Forwarded-For: 10.0.0.1", "Forwarded: host=nowhere"),
]
CLOSING: Mapping[str, bytes] = {
    "one option": head(ALIVE, "Connection: close"),
    "two options": head(ALIVE, "Connection: TE, close"),
    "HTTP/1.0": b"GET /health/live HTTP/1.0\r\n\r\n",
    "HTTP/1.0 with keep-alive": b"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "a target that is none": head("GET /health/live#top HTTP/1.1"),
    "a body that is much too long": head(PATCH, JSON, f"Content-Length: {LONG}") + b" " * LONG,
    "a body that is much too long and does not come": head(PATCH, JSON, f"Content-Length: {LONG}"),
}
# Name: the request, and (status, whether the connection is closed) of sync and of async.
DIFFERENT: Mapping[str, tuple[bytes, tuple[int, bool], tuple[int, bool]]] = {
    "a trailer Content-Length": (
        head(PATCH, JSON, CHUNKED) + b"b\r\n" + GOOD_PATCH + b"\r\n0\r\nContent-Length: 3\r\n\r\n",
        (400, True),
        (200, False),
    ),
    "a coding before chunked": (
        head("POST /nope HTTP/1.1", JSON, "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
        (404, True),
        (501, True),
    ),
    "an upgrade to HTTP/2": (
        head(ALIVE, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
        (200, False),
        (101, False),
    ),
    "no Host": (b"GET /health/live HTTP/1.1\r\n\r\n", (200, False), (400, True)),
    "two Hosts": (head(ALIVE, "Host: other"), (400, True), (400, True)),
    "a long line": (head(f"GET /health/live?{'a' * 10_000} HTTP/1.1"), (414, True), (200, False)),
    "a long field": (head(ALIVE, f"X-Long: {'a' * 10_000}"), (431, True), (200, False)),
    "many fields": (head(ALIVE, *(f"X-{number}: a" for number in range(101))), (431, True), (200, False)),
    "a very long line": (head(f"GET /health/live?{'a' * 300_000} HTTP/1.1"), (414, True), (431, True)),
}
PIECES = ["/", "//", "[", "]", "::1", "http:", "https://", "@", ":", "80", "?", "&", "%", "%2f", "%00", "*", "\\", "a"]


@pytest.fixture(scope="module", params=NAMES)
def service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    with running_service(stack, request.param, **LIMITS, **TRUSTING) as running:
        yield running


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_is_answered_alike(service: Service, name: str) -> None:
    line, status = TARGETS[name]
    answer = exchange(service.url, head(line))
    assert answer is not None
    assert answer.status == status


def test_no_target_makes_an_error(service: Service) -> None:
    some = random.Random(16)
    for _ in range(300):
        target = "".join(some.choices(PIECES, k=some.randint(1, 6)))
        answer = exchange(service.url, head(f"GET {target} HTTP/1.1"))
        assert answer is None or answer.status in {200, 400, 404, 405}, target
    log = service.log.read_text()
    assert "Traceback" not in log
    assert '"ERROR"' not in log


@pytest.mark.parametrize("fields", PEERS)
def test_no_header_of_a_client_changes_the_applications_path(service: Service, fields: str) -> None:
    answer = exchange(service.url, head(ALIVE, fields))
    assert answer is not None
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/api/orders", "/nope"])
@pytest.mark.parametrize("length", [4, 5, len(SMUGGLED) + 5])
def test_two_lengths_are_refused_and_nothing_after_them_is_executed(
    service: Service, stack: Stack, path: str, length: int
) -> None:
    before = _orders(service, stack)
    with wire(service.url) as connection:
        fields = (JSON, f"Content-Length: {length}", CHUNKED)
        connection.send(head(f"POST {path} HTTP/1.1", *fields) + b"0\r\n\r\n" + SMUGGLED)
        answer = connection.answer()
        assert answer is not None
        assert answer.status == 400
        assert connection.closed()
    assert _orders(service, stack) == before


@pytest.mark.parametrize("name", CLOSING)
def test_the_connection_is_closed_after_it(service: Service, name: str) -> None:
    with wire(service.url) as connection:
        started = time.monotonic()
        connection.send(CLOSING[name])
        answer = connection.answer()
        assert answer is not None
        assert connection.closed()
        assert time.monotonic() - started < LIMIT_S


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_known_differences_of_the_servers(service: Service, name: str) -> None:
    request, *expected = DIFFERENT[name]
    status, closes = expected[NAMES.index(service.name)]
    with wire(service.url) as connection:
        connection.send(request)
        if status == 101:
            assert connection.line() == b"HTTP/1.1 101"
            return
        answer = connection.answer()
        assert answer is not None
        assert answer.status == status
        if closes:
            assert connection.closed()


def test_a_half_closed_client_is_answered_by_sync_and_disconnected_for_async(service: Service) -> None:
    with wire(service.url) as connection:
        connection.send(head("GET /api/dashboard HTTP/1.1"))
        connection.done()
        answer = connection.answer()
    assert (answer is not None) == (service.name == "sync")


@pytest.mark.parametrize("how", [CHUNKED, "Content-Length: 500"])
@pytest.mark.parametrize("drips", [False, True], ids=["nothing", "a byte at a time"])
def test_a_body_that_does_not_arrive_is_a_408_in_time(service: Service, how: str, drips: bool) -> None:
    piece = b"1\r\n \r\n" if how == CHUNKED else b" "
    with wire(service.url) as connection:
        started = time.monotonic()
        connection.send(head(PATCH, JSON, how))
        while drips and time.monotonic() - started < LIMIT_S - 0.5:
            connection.send(piece)
            time.sleep(0.1)
        answer = connection.answer()
        took = time.monotonic() - started
    assert answer is not None
    assert answer.status == 408
    assert LIMIT_S - 0.1 <= took < LIMIT_S + 1


def _orders(service: Service, stack: Stack) -> int:
    with stack.admin(stack.database(service.name)) as root, root.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM orders")
        return int(cursor.fetchall()[0][0])
