"""The OpenAPI document is valid and complete, and the check against it catches undocumented answers."""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.http.routes import ROUTES
from tests.support.combination import Combination, Json
from tests.support.documented import Documented, contract

PRODUCT: Json = {
    "id": 1, "sku": "A", "name": "B", "category": "c", "price": "1.00", "stock": 1,
    "updated_at": "2026-06-30T00:00:00Z",
}  # fmt: skip
PROBLEM: Json = {"type": "about:blank", "title": "T", "status": 404, "detail": "D."}
HEADERS = {"X-Combination": "one", "X-Cache": "hit", "Content-Type": "application/json"}
OF_PROBLEM = {**HEADERS, "Content-Type": "application/problem+json"}


def check(path: str, status: int, body: Any, headers: Mapping[str, str] = HEADERS) -> None:
    content = msgspec.json.encode(body)
    Documented("one").check_answer("GET", path, status, httpx.Headers(dict(headers)), content)


def test_every_service_serves_the_document(combination: Combination) -> None:
    assert combination.body("/openapi.json") == msgspec.json.decode(msgspec.json.encode(contract()))


def test_the_document_is_valid_openapi() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(contract()).iter_errors()] == []


def test_the_document_has_every_route_and_no_other() -> None:
    documented = {(method.upper(), path) for path, operations in contract()["paths"].items() for method in operations}
    assert documented == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_an_operation_has_its_answers_and_its_parameters(route: Any) -> None:
    operation = contract()["paths"][route.path][route.method.lower()]
    assert set(operation["responses"]) == {str(route.status), "500", *map(str, route.problems)}
    assert {"X-Cache" in answer["headers"] for answer in operation["responses"].values()} == {route.cached}
    names = {(parameter["in"], parameter["name"]) for parameter in operation["parameters"]}
    assert {name for place, name in names if place == "path"} == {
        part[1:-1] for part in route.path.split("/") if part.startswith("{")
    }
    assert (("header", "Idempotency-Key") in names) == (route.name == "create_order")


def test_answers_as_documented_pass() -> None:
    check("/api/products/1", 200, PRODUCT)
    check("/api/products/1", 404, PROBLEM, OF_PROBLEM)
    check("/nowhere", 404, PROBLEM, OF_PROBLEM)


@pytest.mark.parametrize(
    ("path", "status", "body", "headers"),
    [
        pytest.param("/api/products/1", 200, {**PRODUCT, "more": 1}, HEADERS, id="a member more"),
        pytest.param("/api/products/1", 200, {"id": 1}, HEADERS, id="members missing"),
        pytest.param("/api/products/1", 200, {**PRODUCT, "stock": "1"}, HEADERS, id="a wrong type"),
        pytest.param("/api/products/1", 200, {**PRODUCT, "price": 1.5}, HEADERS, id="money as number"),
        pytest.param("/api/products/1", 201, PRODUCT, HEADERS, id="another success"),
        pytest.param("/api/products/1", 500, PROBLEM, OF_PROBLEM, id="a 500"),
        pytest.param("/api/products/1", 404, PROBLEM, HEADERS, id="a problem as plain JSON"),
        pytest.param("/api/products/1", 404, PRODUCT, OF_PROBLEM, id="a problem without its members"),
        pytest.param("/nowhere", 200, PRODUCT, HEADERS, id="success nowhere"),
        pytest.param("/nowhere", 405, PROBLEM, OF_PROBLEM, id="a problem of another status"),
        pytest.param("/api/orders/1", 404, PROBLEM, OF_PROBLEM, id="X-Cache where nothing is cached"),
        pytest.param("/api/products/1", 200, PRODUCT, {**HEADERS, "X-Cache": "maybe"}, id="X-Cache maybe"),
        pytest.param("/api/products/1", 200, PRODUCT, {**HEADERS, "X-Combination": "two"}, id="another name"),
        pytest.param(
            "/api/products/1",
            404,
            {**PROBLEM, "detail": "Traceback (most recent call last)"},
            OF_PROBLEM,
            id="a stack trace",
        ),
    ],
)
def test_answers_not_as_documented_are_caught(path: str, status: int, body: Json, headers: Mapping[str, str]) -> None:
    with pytest.raises(AssertionError):
        check(path, status, body, headers)


@pytest.mark.parametrize(("status", "body", "given"), [(200, PRODUCT, HEADERS), (404, PROBLEM, OF_PROBLEM)])
def test_a_cached_route_without_x_cache_is_caught(status: int, body: Json, given: Mapping[str, str]) -> None:
    headers = {name: value for name, value in given.items() if name != "X-Cache"}
    with pytest.raises(AssertionError, match="X-Cache is missing"):
        check("/api/products/1", status, body, headers)
