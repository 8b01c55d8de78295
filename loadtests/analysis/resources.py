"""How busy each resource was, and what one request asks of it.

The utilization law says that utilization is throughput times service demand, where demand is busy time by requests:
P. J. Denning and J. P. Buzen, The Operational Analysis of Queueing Network Models, Computing Surveys
10 (1978).
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from loadtests.schema.result import Result
from loadtests.schema.server import Server, total

DATABASE, SERVICE, REDIS, GENERATOR = "database", "service", "cache", "k6"
CONNECTIONS: Final = "database connections"
PLACES: Final = "requests at once"
THINK_TIME: Final = "think time"
AWAY: Final = "waiting for the database"


class Resource(NamedTuple):
    """One resource: the share of the time that it was busy, and ms of it per request, null where nothing was asked.

    Of think time and of waiting for the database, where nobody queues, the share is that of a visitor's round.
    """

    name: str
    share: float
    demand_ms: float | None


def resources_of(result: Result) -> list[Resource]:
    """Every resource that was measured; none when the server's side was not captured."""
    server = result.server
    if server is None or not server.programs:
        return []
    return [*_hardware(result, server), *_software(result, server), *_delays(result, server)]


def _hardware(result: Result, server: Server) -> Iterator[Resource]:
    for name, usage in server.programs.items():
        servers = _servers(server, name)
        share = usage.cpu_s / result.duration_s / servers
        if name == SERVICE and server.limits:
            # One worker runs one request's code at a time: its event loop, or its interpreter's lock.
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
        # Reads that run side by side hold several connections in one wait.
        waiting = min(away, result.latency_ms.avg or 0.0)
        yield Resource(AWAY, waiting / 1000 / cycle, away)


def _per_request(seconds: float, result: Result) -> float | None:
    return seconds * 1000 / result.requests if result.requests else None
