"""A steady rate of one request over a few kept connections, with the time that each took."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Final

import msgspec

from compose.local.failures import StackError

CLIENTS: Final = 8
TIMEOUT_S: Final = 15.0


class Asked(msgspec.Struct, frozen=True):
    """One request: its X-Cache, and the seconds from its sending to its last byte."""

    cache: str
    seconds: float


class SteadyLoad:
    """A steady rate over a few kept connections; each request has its own time to be sent."""

    def __init__(self, port: int, path: str, rate: float, seconds: float) -> None:
        self._port = port
        self._path = path
        self._gap = CLIENTS / rate
        self._seconds = seconds
        self._asked: list[Asked] = []

    def run(self) -> list[Asked]:
        """Gives all requests but the first, which finds nothing; raises StackError for an answer that is no 200."""
        self._ask(HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S))
        self._asked.clear()
        began = monotonic()
        with ThreadPoolExecutor(CLIENTS) as threads:
            list(threads.map(partial(self._client, began), range(CLIENTS)))
        return self._asked

    def _client(self, began: float, place: int) -> None:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
        due = began + self._gap * place / CLIENTS
        while due < began + self._seconds:
            sleep(max(0.0, due - monotonic()))
            self._ask(connection)
            due += self._gap
        connection.close()

    def _ask(self, connection: HTTPConnection) -> None:
        started = monotonic()
        connection.request("GET", self._path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise StackError(f"{self._path} answered {answer.status}")
        self._asked.append(Asked(answer.headers["X-Cache"], monotonic() - started))
