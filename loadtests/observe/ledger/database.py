"""What the database server says of itself, and of a combination's sessions."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from compose.local.database_server import Connection
from loadtests.targets.base import Target

VARIABLES: Final = (
    "autocommit", "binlog_format", "character_set_server", "collation_server", "default_storage_engine",
    "innodb_buffer_pool_size", "innodb_doublewrite", "innodb_flush_log_at_trx_commit", "innodb_flush_method",
    "innodb_io_capacity", "innodb_log_file_size", "innodb_read_io_threads", "innodb_redo_log_capacity",
    "innodb_thread_concurrency", "innodb_write_io_threads", "join_buffer_size", "log_bin", "max_connections",
    "max_heap_table_size", "performance_schema", "query_cache_size", "query_cache_type", "skip_name_resolve",
    "sort_buffer_size", "sql_mode", "sync_binlog", "table_open_cache", "thread_cache_size", "thread_handling",
    "time_zone", "tmp_table_size", "transaction_isolation", "tx_isolation", "wait_timeout",
)  # fmt: skip
READ_VARIABLES: Final = f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({', '.join(['%s'] * len(VARIABLES))})"
READ_CIPHERS: Final = """
SELECT s.variable_value, COUNT(*) FROM performance_schema.threads t
JOIN performance_schema.status_by_thread s ON s.thread_id = t.thread_id
WHERE t.processlist_user = %s AND s.variable_name = 'Ssl_cipher' GROUP BY s.variable_value"""
# MySQL lets others see a session's variables, MariaDB does not: there the service's own word stands alone.
SESSION: Final = ("autocommit", "transaction_isolation", "sql_mode", "max_execution_time", "innodb_lock_wait_timeout")
READ_SESSIONS: Final = f"""
SELECT v.variable_name, v.variable_value, COUNT(*) FROM performance_schema.threads t
JOIN performance_schema.variables_by_thread v ON v.thread_id = t.thread_id
WHERE t.processlist_user = %s AND v.variable_name IN ({", ".join(["%s"] * len(SESSION))}) GROUP BY 1, 2"""  # noqa: S608
# Tables that no load changes the size of.
SEEDED: Final = ("products", "customers", "categories")


def entries(target: Target, name: str) -> dict[str, str]:
    """Versions, variables, sessions and size of the data; raises pymysql.Error."""
    connection = target.administrator()
    if connection is None:
        return {}
    with closing(connection):
        ledger = {f"database's {key}": value for key, value in _pairs(connection, READ_VARIABLES, *VARIABLES)}
        (version,) = _row(connection, "SELECT CONCAT(VERSION(), ' ', @@version_comment)")
        ledger |= {"database": version, **_sessions(connection, target.database(name))}
        ledger["rows of the seed"] = ", ".join(_seed(connection, target.database(name)))
    return ledger


def _sessions(connection: Connection, user: str) -> dict[str, str]:
    # A service's user is named like its database.
    (count,) = _row(connection, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = %s", user)
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
        (count,) = _row(connection, f"SELECT COUNT(*) FROM `{database}`.{table}")  # noqa: S608 (names of our own)
        yield f"{count} {table}"


def _row(connection: Connection, statement: str, *values: str) -> tuple[str, ...]:
    return _rows(connection, statement, values)[0]


def _pairs(connection: Connection, statement: str, *values: str) -> list[tuple[str, str]]:
    return [(row[0], row[1] if len(row) > 1 else "") for row in _rows(connection, statement, values)]


def _rows(connection: Connection, statement: str, values: tuple[str, ...]) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return [tuple(map(str, row)) for row in cursor.fetchall()]
