"""Figures of the server's side of each combination, and its costliest statements."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final, TypeAlias

from loadtests.schema.result import Result
from loadtests.schema.server import Server, Statement

Figure: TypeAlias = Callable[[Result, Server], float | None]
Rounds: TypeAlias = Sequence[Mapping[str, Result]]

TOP: Final = 3
ROWS_READ: Final = ("Handler_read_key", "Handler_read_next", "Handler_read_rnd_next")


def server_figures(rounds: Rounds, names: Sequence[str]) -> list[tuple[str, dict[str, float | None]]]:
    """Each figure that any combination has: the median over the rounds that have it."""
    cells = {name: [row[name] for row in rounds if name in row] for name in names}
    rows = [(label, {name: _median(cells[name], figure) for name in names}) for label, figure in FIGURES.items()]
    return [(label, values) for label, values in rows if any(value is not None for value in values.values())]


def top_statements(rounds: Rounds, names: Sequence[str]) -> list[dict[str, Any]]:
    return [line for name in names for line in _top(name, [row[name] for row in rounds if name in row])]


def _top(name: str, results: Sequence[Result]) -> list[dict[str, Any]]:
    by_name: dict[str, list[Statement]] = {}
    for row in (row for result in results if result.server for row in result.server.statements):
        by_name.setdefault(row.statement, []).append(row)
    spent = {statement: sum(row.total_ms for row in mine) for statement, mine in by_name.items()}
    costliest = sorted(spent, key=lambda statement: -spent[statement])[:TOP]
    return [_line(name, by_name[statement], sum(spent.values())) for statement in costliest]


def _line(name: str, statements: Sequence[Statement], total_ms: float) -> dict[str, Any]:
    times = sum(statement.executions for statement in statements)
    spent = sum(statement.total_ms for statement in statements)
    return {
        "combination": name,
        "statement": statements[0].statement,
        "routes": statements[0].routes,
        "share": spent / total_ms if total_ms else None,
        "executions": times,
        "each_ms": spent / times if times else None,
        "rows_each": sum(statement.rows_examined for statement in statements) / times if times else None,
    }


def _median(results: Sequence[Result], figure: Figure) -> float | None:
    known = [value for result in results if result.server and (value := figure(result, result.server)) is not None]
    return median(known) if known else None


def _wait(name: str) -> Figure:
    return lambda _, server: server.waits[name].avg_ms if name in server.waits else None


def _memory(program: str) -> Figure:
    return lambda _, server: server.programs[program].peak_rss_mb if program in server.programs else None


def _busiest_worker(_: Result, server: Server) -> float | None:
    return 100 * max(server.workers.values()) if server.workers else None


def _database(*names: str, each: bool = False) -> Figure:
    return lambda result, server: _counted(result, server.database, names, each)


def _redis(*names: str, each: bool = False) -> Figure:
    return lambda result, server: _counted(result, server.redis, names, each)


def _counted(result: Result, counts: Mapping[str, float], names: Sequence[str], each: bool) -> float | None:
    known = [counts[name] for name in names if name in counts]
    if not known or (each and not result.requests):
        return None
    return sum(known) / (result.requests if each else 1)


FIGURES: Final[dict[str, Figure]] = {
    "Wait for a database connection, average ms": _wait("pool"),
    "Wait for a thread or a place, average ms": _wait("queue"),
    "Lag of thread or event loop, average ms": _wait("lag"),
    "Requests of the busiest worker, %": _busiest_worker,
    "Peak memory of the service, MB": _memory("service"),
    "Peak memory of the database, MB": _memory("database"),
    "Peak memory of Redis, MB": _memory("cache"),
    "Statements per request": _database("Questions", each=True),
    "Rows that the database read, per request": _database(*ROWS_READ, each=True),
    "Temporary tables on disk": _database("Created_tmp_disk_tables"),
    "Pages read from disk": _database("Innodb_buffer_pool_reads"),
    "Waits for a row's lock": _database("Innodb_row_lock_waits"),
    "Slow queries, as the database counts them": _database("Slow_queries"),
    "Redis commands per request": _redis("total_commands_processed", each=True),
    "Redis' keys that expired": _redis("expired_keys"),
    "Redis' keys that were evicted": _redis("evicted_keys"),
    "Clients of Redis": _redis("connected_clients"),
}
