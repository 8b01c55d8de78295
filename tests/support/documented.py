"""Checks of answers against the OpenAPI document."""

import re
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from shared.http.openapi import document

PROBLEM = "application/problem+json"
INTERNAL = 500
# Statuses of a request that matches no operation.
UNMATCHED = {400, 404, 405, 413}
Json = dict[str, Any]


class Documented:
    """Checks status, content type, headers and body of a combination's answers."""

    def __init__(self, name: str) -> None:
        self._name = name

    def check(self, response: httpx.Response) -> None:
        """An httpx response hook; AssertionError names the first deviation from the document."""
        response.read()
        request = response.request
        path = unquote(request.url.raw_path.decode("ascii").partition("?")[0])
        self.check_answer(request.method, path, response.status_code, response.headers, response.content)

    def check_answer(self, method: str, path: str, status: int, headers: httpx.Headers, body: bytes) -> None:
        assert headers.get("X-Combination") == self._name, f"{method} {path}: X-Combination"
        operation = operation_of(method, path)
        if operation is None:
            assert status in UNMATCHED, f"{method} {path}: {status}"
            check_problem(status, headers, body)
            return
        assert status != INTERNAL, f"{method} {path}: {status} is a defect, although documented"
        documented = operation["responses"].get(str(status))
        assert documented, f"{method} {path}: {status} is not documented"
        check_headers(documented, headers)
        check_content(documented, headers, body if method != "HEAD" else None)


def check_headers(documented: Json, headers: httpx.Headers) -> None:
    for name, header in documented["headers"].items():
        assert name in headers, f"{name} is missing"
        assert headers[name] in header["schema"].get("enum", [headers[name]])
    assert ("X-Cache" in headers) == ("X-Cache" in documented["headers"])


def check_content(documented: Json, headers: httpx.Headers, body: bytes | None) -> None:
    kind = headers["Content-Type"].partition(";")[0]
    assert kind in documented["content"], f"{kind} is not documented"
    schema = documented["content"][kind].get("schema")
    if schema is None or body is None:
        return
    errors = deviations(schema["$ref"], body)
    assert not errors, errors[:3]
    if kind == PROBLEM:
        check_detail(body)


def check_problem(status: int, headers: httpx.Headers, body: bytes) -> None:
    assert headers["Content-Type"] == PROBLEM
    if body:
        problem = parsed(body)
        assert not list(validator("#/components/schemas/ProblemBody").iter_errors(problem))
        assert problem["status"] == status
        check_detail(body)


def check_detail(body: bytes) -> None:
    """A problem must not reveal internals."""
    for word in (b"Traceback", b'File \\"', b".py", b"SELECT ", b"site-packages", b"pymysql"):
        assert word not in body, body


def operation_of(method: str, path: str) -> Json | None:
    """None when no operation matches; HEAD counts as GET."""
    verb = "get" if method == "HEAD" else method.lower()
    for template, operations in contract()["paths"].items():
        if verb in operations and re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            operation: Json = operations[verb]
            return operation
    return None


@cache
def contract() -> Json:
    """The OpenAPI document; another test checks that the services serve it."""
    return document()


@cache
def validator(reference: str) -> Draft202012Validator:
    """A validator of one shape that rejects additional members."""
    shapes = {
        name: {**shape, "additionalProperties": False} for name, shape in contract()["components"]["schemas"].items()
    }
    schema = {"$ref": reference, "components": {"schemas": shapes}}
    return Draft202012Validator(schema, format_checker=FormatChecker())


@lru_cache(10_000)  # four services answer alike, and looking at a page takes longer than asking for it
def deviations(reference: str, body: bytes) -> list[str]:
    return [error.message for error in validator(reference).iter_errors(parsed(body))]


def parsed(body: bytes) -> Any:
    return httpx.Response(200, content=body).json()
