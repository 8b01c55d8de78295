"""The ledger: settings and versions of a running cell, read from its parts and not from configuration."""

import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psutil
import pymysql
import redis

from compose.local.database_server import Connection
from loadtests.observe.processes import MEGABYTE, processes_of, tcp_connections
from loadtests.schema.run import Ledger
from loadtests.schema.server import Change
from loadtests.targets.base import Target, TargetError
from loadtests.targets.prometheus import parsed_traits, read_metrics

REOPENED: Final = ("database connections", "Redis connections", "Redis client's ", "TLS of database connections")
UNREADABLE: Final = (pymysql.Error, redis.RedisError, psutil.Error, OSError)


def read_ledger(target: Target, name: str) -> Ledger:
    """Raises TargetError, naming the part that cannot be read.

    Without our processes, database and Redis (STACK=none) it has only what the service reports.
    """
    programs = target.programs(name)
    try:
        entries = _traits(target.url(name))
        entries |= _of_processes(programs)
        entries |= _of_database(target, name)
        entries |= _of_redis(target, programs.get("service"))
    except UNREADABLE as error:
        raise TargetError(f"the ledger of {name} cannot be read: {error}") from error
    return dict(sorted(entries.items()))


def changes(before: Ledger, after: Ledger) -> list[Change]:
    names = sorted(before.keys() | after.keys())
    return [Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def changes_over_cell(expected: Ledger, before: Ledger, after: Ledger, fresh: bool = True) -> list[Change]:
    """The entries that were not as expected at the beginning of a cell, or had changed at its end.

    Connections closed by a time-out are opened again when needed, so their entries are compared only before the first
    load of `fresh` processes.
    """
    early, late = changes(expected, before), changes(expected, after)
    by_entry = {change.entry: change for change in (*_lasting(late), *(early if fresh else _lasting(early)))}
    return [by_entry[entry] for entry in sorted(by_entry)]


def _lasting(entries: list[Change]) -> list[Change]:
    return [change for change in entries if not change.entry.startswith(REOPENED)]


def _traits(url: str) -> Ledger:
    """The workers' own report; if they differ, every value with the number of workers."""
    entries = {}
    for entry, workers in parsed_traits(read_metrics(url)).items():
        values = sorted(workers)
        entries[entry] = (
            values[0] if len(values) == 1 else " | ".join(f"{value} ({workers[value]})" for value in values)
        )
        if entry == "server":
            entries["workers"] = str(sum(workers.values()))
    return entries


# Environment variables that may change a service's behaviour, without addresses.
ENVIRONMENT: Final = (
    "WORKERS", "POOL", "IN_FLIGHT", "FANOUT", "ACCESS_LOG", "LOG_LEVEL", "DATABASE_TLS", "ACQUIRE_TIMEOUT",
    "CONNECT_TIMEOUT", "STATEMENT_TIMEOUT", "LOCK_TIMEOUT", "READ_TIMEOUT", "REQUEST_TIMEOUT", "CACHE_TIMEOUT",
    "CACHE_LIFETIME", "CACHE_REFRESH", "FLIGHT_TIMEOUT", "KEEP_ALIVE", "BACKLOG", "GRACE", "PYTHONOPTIMIZE",
    "PYTHONDEVMODE", "PYTHONASYNCIODEBUG", "LD_PRELOAD",
)  # fmt: skip
CGROUPS: Final = Path("/sys/fs/cgroup")
UNLIMITED: Final = 1 << 60


def _of_processes(programs: Mapping[str, int]) -> dict[str, str]:
    """Entries from the kernel; raises psutil.Error and OSError."""
    ledger = {"kernel": platform.release(), "cores online": str(os.cpu_count())} if programs else {}
    for program, pid in programs.items():
        ledger[f"CPU affinity of {program}"] = affinity(pid)
        ledger[f"memory limit of {program}"] = memory_limit(pid)
    if "service" in programs:
        ledger |= _service(programs["service"])
    return ledger


def affinity(pid: int) -> str:
    """The sets of cores on which threads of a process and its descendants may run."""
    sets = set()
    for process in processes_of(pid):
        for task in Path(f"/proc/{process.pid}/task").iterdir():
            try:
                sets.add(tuple(sorted(os.sched_getaffinity(int(task.name)))))
            except ProcessLookupError:
                continue
    return " | ".join(",".join(map(str, cores)) for cores in sorted(sets))


def memory_limit(pid: int) -> str:
    """The smallest limit of a process's control groups."""
    limits = [value for path in _limit_files(pid) if (value := _number(path)) is not None and value < UNLIMITED]
    return f"{min(limits) // MEGABYTE} MB" if limits else "none"


def _limit_files(pid: int) -> Iterator[Path]:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        first = "memory" in controllers.split(",")
        if not first and controllers:
            continue
        root, file = (CGROUPS / "memory", "memory.limit_in_bytes") if first else (CGROUPS, "memory.max")
        group = root / path.lstrip("/")
        yield from (each / file for each in (group, *group.parents) if each.is_relative_to(root))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _service(pid: int) -> dict[str, str]:
    environ = psutil.Process(pid).environ()
    return {f"variable {name}": environ[name] for name in ENVIRONMENT if name in environ}


SERVER_VARIABLES: Final = (
    "autocommit", "binlog_format", "character_set_server", "collation_server", "default_storage_engine",
    "innodb_buffer_pool_size", "innodb_doublewrite", "innodb_flush_log_at_trx_commit", "innodb_flush_method",
    "innodb_io_capacity", "innodb_log_file_size", "innodb_read_io_threads", "innodb_redo_log_capacity",
    "innodb_thread_concurrency", "innodb_write_io_threads", "join_buffer_size", "log_bin", "max_connections",
    "max_heap_table_size", "performance_schema", "query_cache_size", "query_cache_type", "skip_name_resolve",
    "sort_buffer_size", "sql_mode", "sync_binlog", "table_open_cache", "thread_cache_size", "thread_handling",
    "time_zone", "tmp_table_size", "transaction_isolation", "tx_isolation", "wait_timeout",
)  # fmt: skip
READ_VARIABLES: Final = f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({', '.join(['%s'] * len(SERVER_VARIABLES))})"
READ_CIPHERS: Final = """
SELECT s.variable_value, COUNT(*) FROM performance_schema.threads t
JOIN performance_schema.status_by_thread s ON s.thread_id = t.thread_id
WHERE t.processlist_user = %s AND s.variable_name = 'Ssl_cipher' GROUP BY s.variable_value"""
# MySQL shows the variables of other sessions, MariaDB does not: there only the service reports them.
SESSION: Final = ("autocommit", "transaction_isolation", "sql_mode", "max_execution_time", "innodb_lock_wait_timeout")
READ_SESSIONS: Final = f"""
SELECT v.variable_name, v.variable_value, COUNT(*) FROM performance_schema.threads t
JOIN performance_schema.variables_by_thread v ON v.thread_id = t.thread_id
WHERE t.processlist_user = %s AND v.variable_name IN ({", ".join(["%s"] * len(SESSION))}) GROUP BY 1, 2"""  # noqa: S608
# Tables whose size no load changes.
SEEDED: Final = ("products", "customers", "categories")


def _of_database(target: Target, name: str) -> dict[str, str]:
    """Versions, variables, sessions and size of the data; raises pymysql.Error."""
    connection = target.administrator()
    if connection is None:
        return {}
    with closing(connection):
        ledger = {f"database's {key}": value for key, value in _pairs(connection, READ_VARIABLES, *SERVER_VARIABLES)}
        ((version,),) = _rows(connection, "SELECT CONCAT(VERSION(), ' ', @@version_comment)")
        ledger |= {"database": version, **_sessions(connection, target.database(name))}
        ledger["rows of the seed"] = ", ".join(_seed(connection, target.database(name)))
    return ledger


def _sessions(connection: Connection, user: str) -> dict[str, str]:
    # A service's user has the name of its database.
    ((count,),) = _rows(connection, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = %s", user)
    ciphers = [value or "none" for value, _ in _pairs(connection, READ_CIPHERS, user)]
    ledger = {"database connections": count, "TLS of database connections": " | ".join(sorted(ciphers))}
    if _pairs(connection, "SHOW TABLES IN performance_schema LIKE 'variables\\_by\\_thread'"):
        values: dict[str, list[str]] = {}
        for variable, value in _pairs(connection, READ_SESSIONS, user, *SESSION):
            values.setdefault(variable, []).append(value)
        ledger |= {f"sessions' {variable}": " | ".join(sorted(each)) for variable, each in values.items()}
    return ledger


def _seed(connection: Connection, database: str) -> Iterator[str]:
    for table in SEEDED:
        ((count,),) = _rows(connection, f"SELECT COUNT(*) FROM `{database}`.{table}")  # noqa: S608 (names of our own)
        yield f"{count} {table}"


def _pairs(connection: Connection, statement: str, *values: str) -> list[tuple[str, str]]:
    return [(row[0], row[1] if len(row) > 1 else "") for row in _rows(connection, statement, *values)]


def _rows(connection: Connection, statement: str, *values: str) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return [tuple(map(str, row)) for row in cursor.fetchall()]


OF_REDIS: Final = ("maxmemory", "maxmemory-policy", "maxclients", "save", "appendonly", "io-threads", "hz", "timeout")
OF_CLIENT: Final = ("lib-name", "lib-ver", "resp", "db", "user")


def _of_redis(target: Target, service: int | None) -> dict[str, str]:
    """Its version, its settings and this service's connections; raises redis.RedisError."""
    client = target.redis()
    if client is None:
        return {}
    with closing(client):
        info: Any = client.info("server")
        settings: Any = client.config_get(*OF_REDIS)
        ledger = {f"Redis' {name}": str(value) or "empty" for name, value in settings.items()}
        ledger["Redis"] = str(info["redis_version"])
        return ledger | (_clients(client, service) if service else {})


def _clients(client: "redis.Redis", service: int) -> dict[str, str]:
    mine = {ends for process in processes_of(service) for ends in tcp_connections(process)}
    listed: Any = client.client_list()
    clients = [each for each in listed if (each["addr"], each["laddr"]) in mine]
    if not clients:
        return {}  # it has none, or is in a container, where its connections cannot be distinguished
    ledger = {"Redis connections": str(len(clients))}
    for name in OF_CLIENT:
        if values := {each.get(name) or "unknown" for each in clients}:
            ledger[f"Redis client's {name}"] = " | ".join(sorted(values))
    return ledger
