"""Concurrent requests, each on its own connection, with the time that each took."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.support.combination import TLS

SECONDS = 30.0


@dataclass(frozen=True)
class Timed:
    """An answer, and the seconds from sending the request to its last byte."""

    answer: httpx.Response
    seconds: float

    @property
    def status(self) -> int:
        return self.answer.status_code

    def is_problem(self) -> bool:
        """Whether the answer is a problem document with its own status."""
        kind = self.answer.headers["Content-Type"]
        return kind == "application/problem+json" and self.answer.json()["status"] == self.status


class Crowd:
    """Clients of one service; leaving the block waits for all requests."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._threads = ThreadPoolExecutor(64)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True)

    def send(self, method: str, path: str, **request: object) -> "Future[Timed]":
        return self._threads.submit(self._timed, method, path, request)

    def get(self, path: str, times: int = 1) -> "list[Future[Timed]]":
        """Start the same GET `times` times."""
        return [self.send("GET", path) for _ in range(times)]

    def _timed(self, method: str, path: str, request: dict[str, Any]) -> Timed:
        # One client per request: a shared one without keep-alive may close another thread's connection.
        with httpx.Client(base_url=self._url, timeout=SECONDS, verify=TLS) as client:
            started = time.monotonic()
            answer = client.request(method, path, **request)
            return Timed(answer, time.monotonic() - started)


def all_of(pending: "list[Future[Timed]]") -> list[Timed]:
    """In the order of sending."""
    return [each.result(SECONDS) for each in pending]
