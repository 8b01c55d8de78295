"""The cost of each route with SCALE=1 and with a larger SCALE: two stacks, in turns, with one visitor."""

import http.client
import math
import time
from collections.abc import Iterator
from contextlib import closing
from statistics import median
from typing import Any, Final, NamedTuple

from compose.local.ports import LOOPBACK
from compose.local.stack import Stack
from loadtests.analysis.effects import interval
from loadtests.observe.processes import cpu_seconds, processes_of
from tools.scale_requests import AGGREGATES, ROUTES, Request, ask, requests_of, rows_read

TIMEOUT_S: Final = 30
REQUESTS: Final = 100
PAIRS: Final = 8
# A report over ten times the rows takes a second.
HEAVY_REQUESTS: Final = 2
HEAVY_PAIRS: Final = 4


class Cost(NamedTuple):
    """The cost of one request: milliseconds of CPU and of latency."""

    service_cpu_ms: float
    servers_cpu_ms: float
    latency_ms: float

    @property
    def cpu_ms(self) -> float:
        return self.service_cpu_ms + self.servers_cpu_ms


class Side:
    """One combination of one stack, with one connection."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._stack = stack
        self._service = [process.pid for process in processes_of(stack.service(name).pid)]
        self._servers = [stack.database_pid, stack.cache_pid]
        self._connection = http.client.HTTPConnection(LOOPBACK, stack.service(name).port, timeout=TIMEOUT_S)
        self.scale = stack.options.scale

    def close(self) -> None:
        self._connection.close()

    def cost(self, requests: list[Request]) -> Cost:
        service, servers, began = self._used(self._service), self._used(self._servers), time.perf_counter()
        self.ask(requests)
        ended = time.perf_counter()
        each = 1000 / len(requests)
        return Cost(
            (self._used(self._service) - service) * each,
            (self._used(self._servers) - servers) * each,
            (ended - began) * each,
        )

    def rows(self, requests: list[Request]) -> float:
        """Rows that the database reads per request."""
        with self._stack.admin() as root:
            return rows_read(root, lambda: self.ask(requests)) / len(requests)

    def ask(self, requests: list[Request]) -> None:
        ask(self._connection, requests)

    def _used(self, pids: list[int]) -> float:
        return sum(cpu_seconds(pid) for pid in pids)


def measure(small: Stack, large: Stack, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The figures of each route of one combination; raises StackError for a failed request."""
    with closing(Side(small, name)) as at_small, closing(Side(large, name)) as other:
        for route in ROUTES:
            yield route, compared(route, at_small, other, cached=name.endswith("-cached"))


def compared(route: str, small: Side, large: Side, cached: bool) -> dict[str, Any]:
    """Blocks in turns, with the order reversed from pair to pair; with a cache all requests are sent once before."""
    heavy = route in AGGREGATES and not cached
    number, pairs = (HEAVY_REQUESTS, HEAVY_PAIRS) if heavy else (REQUESTS, PAIRS)
    asked = {side: requests_of(route, side.scale, number) for side in (small, large)}
    costs: dict[Side, list[Cost]] = {small: [], large: []}
    for side in asked:
        side.ask(asked[side])
    rows = {side: round(side.rows(asked[side]), 2) for side in asked}
    for pair in range(pairs):
        for side in (small, large) if pair % 2 else (large, small):
            costs[side].append(side.cost(asked[side]))
    return {name: mean(costs[side]) | {"rows": rows[side]} for name, side in (("small", small), ("large", large))} | {
        figure: ratio(
            [getattr(cost, figure) for cost in costs[small]], [getattr(cost, figure) for cost in costs[large]]
        )
        for figure in ("cpu_ms", "latency_ms")
    }


def mean(costs: list[Cost]) -> dict[str, float]:
    """The typical block."""
    return {figure: round(median(getattr(cost, figure) for cost in costs), 4) for figure in Cost._fields}


def ratio(before: list[float], after: list[float]) -> dict[str, float | None]:
    result = interval([math.log(late / early) for early, late in zip(before, after, strict=True)])
    return {
        name: None if value is None else round(math.exp(value), 4)
        for name, value in zip(("ratio", "low", "high"), result, strict=True)
    }
