"""Utilization and service demand of each resource, and the bottleneck of each route of the head to head.

By the utilization law, utilization is throughput times service demand, where demand is busy time per request:
P. J. Denning and J. P. Buzen, The Operational Analysis of Queueing Network Models, Computing Surveys
10 (1978).
"""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final, NamedTuple

import msgspec

from loadtests.analysis.batches import Cells
from loadtests.schema.result import Result
from loadtests.schema.server import Server, total

DATABASE, SERVICE, REDIS, GENERATOR = "database", "service", "cache", "k6"
CONNECTIONS: Final = "database connections"
PLACES: Final = "requests at once"
THINK_TIME: Final = "think time"
AWAY: Final = "waiting for the database"


class Resource(NamedTuple):
    """One resource: the share of the time that it was busy, and ms of it per request, null without requests.

    For think time and waiting for the database, which have no queue, the share is that of a visitor's cycle.
    """

    name: str
    share: float
    demand_ms: float | None


def resources_of(result: Result) -> list[Resource]:
    """Every measured resource; none if the server's side was not captured."""
    server = result.server
    if server is None or not server.programs:
        return []
    return [*_hardware(result, server), *_software(result, server), *_delays(result, server)]


def _hardware(result: Result, server: Server) -> Iterator[Resource]:
    for name, usage in server.programs.items():
        servers = _servers(server, name)
        share = usage.cpu_s / result.duration_s / servers
        if name == SERVICE and server.limits:
            # A worker runs the code of one request at a time, because of its event loop or the GIL.
            share = max(share, _busiest_worker(server) / result.duration_s)
        yield Resource(name, share, _per_request(usage.cpu_s, result))


def servers_of(result: Result, name: str) -> float:
    return _servers(result.server, name) if result.server else 1


def _servers(server: Server, name: str) -> float:
    cores = max(1, server.cores.get(name, 1))
    if name == REDIS:
        return 1  # it runs commands in one thread
    return min(cores, server.limits.get("workers", cores)) if name == SERVICE else cores


def _busiest_worker(server: Server) -> float:
    return max((process.cpu_s for process in server.processes if process.program == SERVICE), default=0.0)


def _software(result: Result, server: Server) -> Iterator[Resource]:
    seconds = server.window_s or result.duration_s
    for name, metric in ((CONNECTIONS, "pool_held_seconds_total"), (PLACES, "http_request_seconds_sum")):
        capacity, held = server.limits.get(name), total(server.counters, metric)
        if capacity and metric in {key.partition("{")[0] for key in server.counters}:
            yield Resource(name, min(1.0, held / seconds / capacity), _per_request(held, result))


def _delays(result: Result, server: Server) -> Iterator[Resource]:
    cycle = result.think_time_s + (result.latency_ms.avg or 0.0) / 1000
    if not cycle:
        return
    yield Resource(THINK_TIME, result.think_time_s / cycle, result.think_time_s * 1000)
    away = _per_request(total(server.counters, "pool_held_seconds_total"), result)
    if away:
        # Concurrent reads of one request hold several connections while it waits once.
        waiting = min(away, result.latency_ms.avg or 0.0)
        yield Resource(AWAY, waiting / 1000 / cycle, away)


def _per_request(seconds: float, result: Result) -> float | None:
    return seconds * 1000 / result.requests if result.requests else None


class RouteBottleneck(msgspec.Struct, frozen=True):
    """The busiest part while a service has its turn; `share` is its utilization, `demands` ms of CPU by part.

    `cause` is the costliest statement of the route, if the database binds.
    """

    name: str
    share: float
    demands: dict[str, float]
    cause: str | None = None


def by_route(rounds: Sequence[Cells]) -> dict[str, dict[str, RouteBottleneck]]:
    """By phase and combination; empty if CPU was not captured."""
    results = {name: [cells[name] for cells in rounds if name in cells] for cells in rounds for name in cells}
    phases = dict.fromkeys(phase for each in results.values() for result in each for phase in result.head_to_head)
    bottlenecks = {
        phase: {name: bottleneck for name, each in results.items() if (bottleneck := _bottleneck(each, phase))}
        for phase in phases
    }
    return {phase: row for phase, row in bottlenecks.items() if row}


def _bottleneck(results: Sequence[Result], phase: str) -> RouteBottleneck | None:
    known = [result for result in results if phase in result.head_to_head and result.server]
    demands = {name: ms for name in (SERVICE, DATABASE, REDIS) if (ms := _demand(known, phase, name)) is not None}
    averages = [avg for result in known if (avg := result.head_to_head[phase].latency_ms.avg)]
    if not demands or not averages:
        return None
    last = known[-1]
    rate = last.head_to_head[phase].visitors / fmean(averages)
    shares = {name: rate * ms / servers_of(last, name) for name, ms in demands.items()}
    name = max(shares, key=shares.__getitem__)
    cause = _statement(last, last.head_to_head[phase].route) if name == DATABASE else None
    return RouteBottleneck(name, min(1.0, shares[name]), demands, cause)


def _demand(results: Sequence[Result], phase: str, name: str) -> float | None:
    """Over all requests of the starts."""
    parts = [result.head_to_head[phase] for result in results]
    spent = [(getattr(part, f"{name}_cpu_ms"), part.requests) for part in parts]
    known = [(ms, count) for ms, count in spent if ms is not None and count]
    return sum(ms * count for ms, count in known) / sum(count for _, count in known) if known else None


def _statement(result: Result, route: str) -> str | None:
    mine = [statement for statement in result.server.statements if route in statement.routes] if result.server else []
    first = max(mine, key=lambda statement: statement.total_ms, default=None)
    return f"{first.statement}, {first.avg_ms:.1f} ms each" if first else None
