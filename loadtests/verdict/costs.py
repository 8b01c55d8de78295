"""What each cure costs: lines, ways to fail, memory, connections, age of data. Of this project's twins only."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from loadtests.schema.result import Result
from loadtests.verdict.studies import Ledgers
from shared.cache.values import JITTER, LIFETIME
from shared.service.settings import Settings

CHECKOUT: Final = Path(__file__).parents[2]
# The files that are there for the cache alone.
CACHE_FILES: Final = ("*cach*.py", "*redis*.py", "*breaker*.py", "*flight*.py", "*refresh*.py")
CACHE_FAILURES: Final = (
    "Redis down, slow or full (each request may spend 100 ms on it until it is bypassed)",
    "a drop that fails, after which an answer may be old",
    "a cold cache, in which all the load meets the database again",
)
REWRITE_FAILURES: Final = (
    "one blocking call stops every request of its worker",
    "a missing await",
    "a client that goes away cancels its handler, wherever that is",
)


COST_OF_MENDING: Final = (
    "an index or another query: a few lines of SQL",
    "the index's memory and disk",
    "no connection more",
    "data no older, unless a summary table is chosen",
    "new ways to fail: each write keeps the index too",
)


def cost_of_cache(cells: Mapping[str, Sequence[Result]], before: str, cached: str, ledgers: Ledgers) -> list[str]:
    """Gives what the cache costs, one phrase each; memory and connections as measured."""
    lines = sum(len(path.read_text().splitlines()) for path in _cache_files())
    memory = _peak_mb(cells.get(cached, ()), "cache")
    return [
        f"{lines} lines of code that are there for the cache alone",
        *_memory("Redis", memory),
        *_growth(cells, before, cached),
        _connections_to_redis(ledgers, cached),
        f"data as old as {greatest_age_s(ledgers, cached):.0f} s where a drop was lost, else as new as the last write",
        f"new ways to fail: {'; '.join(CACHE_FAILURES)}",
    ]


def cost_of_rewrite(cells: Mapping[str, Sequence[Result]], before: str, after: str, ledgers: Ledgers) -> list[str]:
    """Gives what the rewrite costs, one phrase each; memory and connections as measured in both services."""
    changed, total = differing_lines(CHECKOUT / "sync_api", CHECKOUT / "async_api")
    return [
        f"{changed} of {total} lines of the service differ",
        *_growth(cells, before, after),
        _connections_to_the_database(ledgers, before, after),
        "data no older",
        f"new ways to fail: {'; '.join(REWRITE_FAILURES)}",
    ]


def differing_lines(before: Path, after: Path) -> tuple[int, int]:
    """Gives how many lines of the second folder are not in the first one, file by file, and how many it has."""
    changed = total = 0
    for path in sorted(after.glob("*.py")):
        twin = before / path.name
        here = path.read_text().splitlines()
        there = twin.read_text().splitlines() if twin.exists() else []
        matched = sum(block.size for block in difflib.SequenceMatcher(None, there, here, False).get_matching_blocks())
        changed += len(here) - matched
        total += len(here)
    return changed, total


def _cache_files() -> Iterator[Path]:
    for folder in ("sync_api", "shared"):
        yield from {path for pattern in CACHE_FILES for path in (CHECKOUT / folder).glob(pattern)}


def greatest_age_s(ledgers: Ledgers, cached: str) -> float:
    """Gives how old an answer of a cached combination can be, by the lifetime of values that it was started with."""
    return float(ledgers.get(cached, {}).get("variable CACHE_LIFETIME", LIFETIME)) * (1 + JITTER)


def _connections_to_redis(ledgers: Ledgers, cached: str) -> str:
    counted = _counted(ledgers, cached, "Redis connections")
    if counted is not None:
        return f"{counted} connections to Redis, as counted in {cached}"
    # As many as there may be requests at once, unless the services were told another number.
    most = Settings(combination="any", bind="any:1", database_url="mysql://").in_flight
    return f"{most} connections to Redis for each worker, by the settings"


def _connections_to_the_database(ledgers: Ledgers, before: str, after: str) -> str:
    old, new = (_counted(ledgers, name, "database connections") for name in (before, after))
    if old is None or new is None:
        return "no connection more: both have the same pool, by the settings"
    if old == new:
        return f"no connection more: {new} to the database, as counted in both"
    return f"{new - old:+d} connections to the database: {new} counted in {after}, {old} in {before}"


def _counted(ledgers: Ledgers, name: str, entry: str) -> int | None:
    """What was counted in a running combination, null where its ledger has no such number."""
    value = ledgers.get(name, {}).get(entry, "")
    return int(value) if value.isdecimal() else None


def _peak_mb(results: Sequence[Result], program: str) -> float | None:
    peaks = [
        one.server.programs[program].peak_rss_mb for one in results if one.server and program in one.server.programs
    ]
    return median(peaks) if peaks else None


def _growth(cells: Mapping[str, Sequence[Result]], before: str, after: str) -> list[str]:
    old, new = _peak_mb(cells.get(before, ()), "service"), _peak_mb(cells.get(after, ()), "service")
    return [f"{new - old:+.0f} MB of memory of the service"] if old and new else []


def _memory(name: str, megabytes: float | None) -> list[str]:
    return [] if megabytes is None else [f"{megabytes:.0f} MB of memory of {name} under this load"]
