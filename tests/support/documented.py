"""Answers held against the OpenAPI document: what a service says must be what it has documented."""

import re
from functools import cache
from typing import Any
from urllib.parse import unquote

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from shared.http.openapi import document

PROBLEM = "application/problem+json"
INTERNAL = 500
# What any address may answer to a request that is not for any operation.
UNMATCHED = {400, 404, 405, 413}
Json = dict[str, Any]


class Documented:
    """Checks each answer of a combination: status, content type, headers, members."""

    def __init__(self, name: str) -> None:
        self._name = name

    def check(self, response: httpx.Response) -> None:
        """Raises AssertionError naming the first thing that is not as documented."""
        response.read()
        request = response.request
        path = unquote(request.url.raw_path.decode("ascii").partition("?")[0])
        self.check_answer(request.method, path, response.status_code, response.headers, response.content)

    def check_answer(self, method: str, path: str, status: int, headers: httpx.Headers, body: bytes) -> None:
        """The same for an answer whose parts are at hand."""
        assert headers.get("X-Combination") == self._name, f"{method} {path}: X-Combination"
        operation = operation_of(method, path)
        if operation is None:
            assert status in UNMATCHED, f"{method} {path}: {status}"
            check_problem(status, headers, body)
            return
        assert status != INTERNAL, f"{method} {path}: {status} is documented, and a defect all the same"
        documented = operation["responses"].get(str(status))
        assert documented, f"{method} {path}: {status} is not documented"
        check_headers(documented, headers)
        check_content(documented, headers, body if method != "HEAD" else None)


def check_headers(documented: Json, headers: httpx.Headers) -> None:
    """Raises AssertionError unless the headers are those that the answer is documented to have."""
    for name, header in documented["headers"].items():
        assert name in headers, f"{name} is missing"
        assert headers[name] in header["schema"].get("enum", [headers[name]])
    assert ("X-Cache" in headers) == ("X-Cache" in documented["headers"])


def check_content(documented: Json, headers: httpx.Headers, body: bytes | None) -> None:
    """Raises AssertionError unless the body is of a documented type and shape."""
    kind = headers["Content-Type"].partition(";")[0]
    assert kind in documented["content"], f"{kind} is not documented"
    schema = documented["content"][kind].get("schema")
    if schema is None or body is None:
        return
    errors = [error.message for error in validator(schema["$ref"]).iter_errors(parsed(body))]
    assert not errors, errors[:3]
    if kind == PROBLEM:
        check_detail(body)


def check_problem(status: int, headers: httpx.Headers, body: bytes) -> None:
    """Raises AssertionError unless this is a problem of that status."""
    assert headers["Content-Type"] == PROBLEM
    if body:
        problem = parsed(body)
        assert not list(validator("#/components/schemas/ProblemBody").iter_errors(problem))
        assert problem["status"] == status
        check_detail(body)


def check_detail(body: bytes) -> None:
    """Raises AssertionError when a problem tells of our insides."""
    for word in (b"Traceback", b'File \\"', b".py", b"SELECT ", b"site-packages", b"pymysql"):
        assert word not in body, body


def operation_of(method: str, path: str) -> Json | None:
    """Gives the operation that a request is for, HEAD being a GET without its body."""
    asked = "get" if method == "HEAD" else method.lower()
    for template, operations in contract()["paths"].items():
        if asked in operations and re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            found: Json = operations[asked]
            return found
    return None


@cache
def contract() -> Json:
    """Gives the document that the services serve; that they do is tested apart."""
    return document()


@cache
def validator(reference: str) -> Draft202012Validator:
    """Gives the check of one of the document's shapes; a member that it does not name is an error."""
    shapes = {
        name: {**shape, "additionalProperties": False} for name, shape in contract()["components"]["schemas"].items()
    }
    schema = {"$ref": reference, "components": {"schemas": shapes}}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def parsed(body: bytes) -> Any:
    """Gives the JSON of a body."""
    return httpx.Response(200, content=body).json()
