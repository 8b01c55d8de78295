"""The log of a service: one JSON object a line; errors are in it and never in an answer."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from compose.local.service import Service
from compose.local.stack import Stack
from tests.support.obstacles import refusing_address
from tests.support.own_services import kill_sessions, own_service, running_service, tree, workers
from tests.support.plain_http import Wire
from tests.support.twins import NAMES
from tests.support.waiting import wait_until

SECONDS = 30.0
MEMBERS = {"time", "level", "logger", "event", "combination"}
ROUTES = ["/health/ready", "/api/products/1", "/api/dashboard", "/api/orders/1"]
PATHS = ["/api/products/1", "/api/products/0", "/nowhere", "/health/live"]
MARKS_OF_A_TRACE = ["Traceback", 'File \\"', "pymysql", "aiomysql", "Errno"]


@pytest.fixture(params=NAMES)
def logging_service(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Service]:
    with running_service(stack, request.param, WORKERS="2", ACCESS_LOG="on") as running:
        yield running


def test_each_request_is_one_line_if_enabled(logging_service: Service) -> None:
    with Wire(logging_service.url) as wire:
        for path in PATHS:
            wire.get(path)
    wait_until(lambda: len(_accesses(logging_service)) >= len(PATHS), "the requests are logged")
    lines = _accesses(logging_service)
    assert len(lines) == len(PATHS)
    for path, line in zip(PATHS, lines, strict=True):
        assert f"GET {path} " in line["event"]
    assert all(line.keys() >= MEMBERS for line in _lines(logging_service))


@pytest.mark.parametrize("name", NAMES)
def test_a_healthy_service_writes_nothing_per_request(stack: Stack, name: str) -> None:
    service = stack.service(name)
    before = _lines(service)
    with Wire(service.url) as wire:
        for path in PATHS * 5:
            wire.get(path)
    assert _lines(service) == before
    assert all(line.keys() >= MEMBERS for line in before)


@pytest.mark.parametrize("name", NAMES)
def test_an_error_is_in_the_log_and_not_in_the_answer(stack: Stack, name: str) -> None:
    with refusing_address() as nowhere:
        service = own_service(stack, name, DATABASE_URL=f"mysql://nobody@{nowhere}/nowhere")
        service.launch()
        try:
            wait_until(lambda: _is_alive(service), "the process answers", SECONDS)
            answers = [httpx.get(f"{service.url}{path}", timeout=SECONDS) for path in ROUTES]
        finally:
            service.stop()
    for answer in answers:
        assert answer.status_code == 503
        assert answer.json()["status"] == 503
        assert [mark for mark in MARKS_OF_A_TRACE if mark in answer.text] == []
    lines = _lines(service)
    errors = [line for line in lines if line["level"] == "ERROR"]
    assert any("cannot be reached" in line["event"] or "connect" in line["event"] for line in errors)
    assert all(line.keys() >= MEMBERS and line["combination"] == name for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_service_in_trouble_still_writes_json(stack: Stack, name: str) -> None:
    with running_service(stack, name, WORKERS="2") as service:
        victims = workers(service, stack)
        victims[0].kill()
        wait_until(lambda: victims[0] not in tree(service), "the worker is gone")
        kill_sessions(service, stack)
    assert all(line.keys() >= MEMBERS for line in _lines(service))


@pytest.mark.parametrize("name", NAMES)
def test_a_password_is_never_logged(stack: Stack, name: str) -> None:
    secret = "a-word-that-must-not-be-seen"
    address = f"mysql://root:{secret}@127.0.0.1:{stack.database_port}/nowhere"
    service = own_service(stack, name, DATABASE_URL=address, DATABASE_PASSWORD_FILE="")
    service.launch()
    try:
        wait_until(lambda: _is_alive(service), "the process answers", SECONDS)
        answer = httpx.get(f"{service.url}/health/ready", timeout=SECONDS)
    finally:
        service.stop()
    assert answer.status_code == 503
    assert secret not in answer.text + service.log.read_text()


def _lines(service: Service) -> list[dict[str, Any]]:
    """The log so far; a line that is not JSON fails the test."""
    return [json.loads(line) for line in service.log.read_text().splitlines()]


def _accesses(service: Service) -> list[dict[str, Any]]:
    """The requests' lines, without those that every start ends with, until its workers are ready."""
    accesses = [line for line in _lines(service) if line["logger"].endswith(".access")]
    return [line for line in accesses if not any(path in line["event"] for path in ("/health/ready", "/metrics"))]


def _is_alive(service: Service) -> bool:
    try:
        return httpx.get(f"{service.url}/health/live", timeout=SECONDS).status_code == 200
    except httpx.HTTPError:
        return False
