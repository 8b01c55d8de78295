"""What a delaying relay really adds: it wakes a little later than it is asked to, on a busy machine much later."""

import http.client
import time
from contextlib import ExitStack, closing
from statistics import median
from typing import Final

PROBES: Final = 200
TIMEOUT_S: Final = 5


def added_ms(near: str, far: str) -> float:
    """Gives by how much one address answers later than another, one request at a time: the median of many in turn."""
    with ExitStack() as connections:
        both = [connections.enter_context(closing(_connected(url))) for url in (near, far)]
        return median(_seconds(both[1]) - _seconds(both[0]) for _ in range(PROBES)) * 1000


def _connected(url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(url.removeprefix("http://"), timeout=TIMEOUT_S)


def _seconds(connection: http.client.HTTPConnection) -> float:
    start = time.perf_counter()
    connection.request("GET", "/health/live")
    connection.getresponse().read()
    return time.perf_counter() - start
