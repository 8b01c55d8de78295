"""The costs of each cure: failure modes, memory, connections, age of data. For this project's twins only."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from loadtests.schema.result import Result
from loadtests.schema.run import Ledgers

# The service's default lifetime, and the share by which each one varies.
LIFETIME_S: Final = 60.0
JITTER: Final = 0.1
CACHE_FAILURES: Final = (
    "Redis down, slow or full (each request may spend 100 ms on it until the breaker opens)",
    "an invalidation that fails, after which an answer may be stale",
    "a cold cache, in which all the load meets the database again",
)
REWRITE_FAILURES: Final = (
    "one blocking call stops every request of its worker",
    "a missing await",
    "a client that goes away cancels its handler, wherever that is",
)


COST_OF_MENDING: Final = (
    "an index or another query",
    "the index's memory and disk",
    "no connection more",
    "data no older, unless a summary table is chosen",
    "new ways to fail: each write keeps the index too",
)


def cost_of_cache(cells: Mapping[str, Sequence[Result]], before: str, cached: str, ledgers: Ledgers) -> list[str]:
    """One phrase each; memory and connections as measured."""
    memory = _peak_mb(cells.get(cached, ()), "cache")
    return [
        *([] if memory is None else [f"{memory:.0f} MB of memory of Redis under this load"]),
        *_growth(cells, before, cached),
        _connections_to_redis(ledgers, cached),
        f"data up to {greatest_age_s(ledgers, cached):.0f} s stale after a failed invalidation, otherwise fresh",
        f"new ways to fail: {'; '.join(CACHE_FAILURES)}",
    ]


def cost_of_rewrite(cells: Mapping[str, Sequence[Result]], before: str, after: str, ledgers: Ledgers) -> list[str]:
    return [
        "each library that waits replaced by an async one, and an await at each wait",
        *_growth(cells, before, after),
        _connections_to_the_database(ledgers, before, after),
        "data no older",
        f"new ways to fail: {'; '.join(REWRITE_FAILURES)}",
    ]


def cost_of_server(cells: Mapping[str, Sequence[Result]], before: str, after: str) -> list[str]:
    return [
        "one line changed: the command that starts the service",
        *_growth(cells, before, after),
        "no connection more",
        "data no older",
        "new ways to fail: limits, time-outs and stopping are those of another server",
    ]


def greatest_age_s(ledgers: Ledgers, cached: str) -> float:
    """How stale an answer of a cached combination can be, from its configured lifetime."""
    return float(ledgers.get(cached, {}).get("variable CACHE_LIFETIME", LIFETIME_S)) * (1 + JITTER)


def _connections_to_redis(ledgers: Ledgers, cached: str) -> str:
    counted = _counted(ledgers, cached, "Redis connections")
    if counted is None:
        return "IN_FLIGHT connections to Redis for each worker, by the settings"
    return f"{counted} connections to Redis, as counted in {cached}"


def _connections_to_the_database(ledgers: Ledgers, before: str, after: str) -> str:
    old, new = (_counted(ledgers, name, "database connections") for name in (before, after))
    if old is None or new is None:
        return "no connection more: both have the same pool, by the settings"
    if old == new:
        return f"no connection more: {new} to the database, as counted in both"
    return f"{new - old:+d} connections to the database: {new} counted in {after}, {old} in {before}"


def _counted(ledgers: Ledgers, name: str, entry: str) -> int | None:
    """Null if a ledger lacks this number."""
    value = ledgers.get(name, {}).get(entry, "")
    return int(value) if value.isdecimal() else None


def _peak_mb(results: Sequence[Result], program: str) -> float | None:
    peaks = [
        result.server.programs[program].peak_rss_mb
        for result in results
        if result.server and program in result.server.programs
    ]
    return median(peaks) if peaks else None


def _growth(cells: Mapping[str, Sequence[Result]], before: str, after: str) -> list[str]:
    old, new = _peak_mb(cells.get(before, ()), "service"), _peak_mb(cells.get(after, ()), "service")
    return [f"{new - old:+.0f} MB of memory of the service"] if old and new else []
