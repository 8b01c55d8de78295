"""Addresses and methods: the supported ones, and the answers to others."""

import re

import pytest

from shared.http.routes import ROUTES
from tests.support.combination import Combination
from tests.support.routing import route_of

READS = [
    "/api/products",
    "/api/products/5",
    "/api/orders/5",
    "/api/reports/revenue?days=2",
    "/api/dashboard",
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/metrics",
]
NOWHERE = [
    *("/", "/api", "/api/", "/nope", "/API/products", "/api/Products", "/favicon.ico"),
    *("/api/products/", "/api/products/1/", "/api/products/1/2", "/api/orders/", "/api/dashboard/"),
    *("/api//products", "/api/products//1", "/health", "/health/live/", "/metrics/", "/static/x"),
    *("/api/reports", "/api/reports/revenue/", "/api/products/%2F"),
    *("/api/products;a=1", "/%00", "/%ff%fe", "/api/%F0%9F%9B%92", "/" + "x" * 2000),
]
# Includes digits of other scripts, which Python accepts too.
NO_IDS = [
    *("x", "1.0", "1e3", "+1", "-1", "%201", "1%20", "0x1", "1%00", "1'--", "null", "1,2"),
    *("%D9%A3", "%EF%BC%91", "%C2%B2"),
]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
ALLOWED = {
    "/api/products": "GET, HEAD",
    "/api/products/1": "GET, HEAD, PATCH",
    "/api/orders": "POST",
    "/api/orders/1": "GET, HEAD",
    "/api/reports/revenue": "GET, HEAD",
    "/api/dashboard": "GET, HEAD",
    "/health/live": "GET, HEAD",
    "/health/ready": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
}
CACHED = {route.name for route in ROUTES if route.cached}
NOT_ALLOWED = [
    (method, path) for path, allowed in ALLOWED.items() for method in METHODS if method not in allowed.split(", ")
]


def test_every_route_is_in_the_table_of_methods() -> None:
    assert {re.sub(r"{\w+}", "1", route.path) for route in ROUTES} == set(ALLOWED)


def test_every_read_of_the_table_is_tested() -> None:
    reads = {route.name for route in ROUTES if route.method == "GET"}
    assert {route_of("GET", path) for path in READS} == reads


@pytest.mark.parametrize("path", READS)
def test_head_is_get_without_its_body(combination: Combination, path: str) -> None:
    got = combination.get(path)
    head = combination.client.head(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    if path != "/metrics":
        assert head.headers["Content-Length"] == got.headers["Content-Length"]


def test_head_of_a_missing_resource_is_a_404(combination: Combination) -> None:
    head = combination.client.head("/api/products/2001")
    assert (head.status_code, head.content) == (404, b"")


@pytest.mark.parametrize("path", NOWHERE, ids=lambda path: path[:30])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_address_is_a_404_problem(combination: Combination, method: str, path: str) -> None:
    answer = combination.client.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"], set(body)) == ("about:blank", 404, {"type", "title", "status", "detail"})


@pytest.mark.parametrize(("method", "path"), NOT_ALLOWED)
def test_an_unsupported_method_is_a_405_with_the_supported_ones(
    combination: Combination, method: str, path: str
) -> None:
    answer = combination.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == ALLOWED[path]
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", NO_IDS)
@pytest.mark.parametrize("folder", ["/api/products", "/api/orders"])
def test_an_invalid_id_is_a_404(combination: Combination, folder: str, path: str) -> None:
    answer = combination.get(f"{folder}/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"] != combination.get("/api/nothing").json()["detail"]


def test_an_id_may_have_leading_zeros(combination: Combination) -> None:
    assert combination.body("/api/products/007")["id"] == 7


@pytest.mark.parametrize("path", [path for path in READS if path.startswith("/api/")])
def test_x_cache_shows_whether_there_is_a_cache(combination: Combination, path: str) -> None:
    answer = combination.get(path)
    if route_of("GET", path) not in CACHED:
        assert "X-Cache" not in answer.headers
    elif combination.cached:
        assert combination.get(path).headers["X-Cache"] == "hit"
    else:
        assert answer.headers["X-Cache"] == "off"
