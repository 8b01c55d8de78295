"""The database's counters: by statement with its routes, status variables, and CPU by user."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from compose.local.database_server import Connection
from loadtests.observe.processes import NANOSECOND
from loadtests.schema.server import Statement
from shared.shop import statements

# The statements of each route: names in shared/shop/statements.py by route names of the load.
ROUTES: Final[dict[str, tuple[str, ...]]] = {
    "products": ("CATALOGUE", "CATALOGUE_OF_CATEGORY"),
    "product": ("PRODUCT",),
    "revenue": ("CALENDAR_DAY", "REVENUE", "REVENUE_OF_CATEGORY"),
    "dashboard": ("BEST_SELLERS", "LOW_STOCK", "LATEST_ORDERS", "REVENUE_BY_DAY"),
    "order": ("ORDER",),
    "create_order": (
        "CUSTOMER_AND_NOW", "INSERT_ORDER", "TAKE_STOCK", "CLAIM_KEY", "STORED_ANSWER", "STORE_ANSWER",
        "lock_products", "categories_of", "insert_lines", "BEGIN", "COMMIT",
    ),
    "update_product": ("CHANGE_PRODUCT", "PRODUCT", "BEGIN", "COMMIT"),
}  # fmt: skip
# Names that are keywords in MariaDB, as its digests spell them.
SPELLINGS: Final = {"sql_tsi_day": "day", "sql_tsi_month": "month"}
WORD: Final = re.compile(r"[a-z_]+")
LITERAL: Final = re.compile(r"'[^']*'|%[sY%]|%%\w")
# Comments that MySQL executes and MariaDB skips.
FOR_MYSQL: Final = re.compile(r"/\*!.*?\*/", re.DOTALL)
# The time limit of a statement in a request with little time left.
LIMITED: Final = re.compile(r"^SET STATEMENT .*? FOR |/\*\+.*?\*/")
LONGEST_TEXT: Final = 80


def name_of(digest: str) -> str:
    """The name in shared/shop/statements.py, or the beginning of the digest's text."""
    return _KNOWN.get(_words(LIMITED.sub("", digest))) or " ".join(digest.split())[:LONGEST_TEXT]


def routes_of(name: str) -> list[str]:
    return [route for route, names in ROUTES.items() if name in names]


def _words(text: str) -> tuple[str, ...]:
    words = WORD.findall(LITERAL.sub(" ", text).lower())
    return tuple(SPELLINGS.get(word, word) for word in words)


def _texts() -> dict[str, str]:
    fixed = {name: text for name, text in vars(statements).items() if name.isupper() and isinstance(text, str)}
    made = (statements.lock_products, statements.categories_of, statements.insert_lines)
    return fixed | {call.__name__: call(1) for call in made}


_KNOWN: Final = {_words(each): name for name, text in _texts().items() for each in (text, FOR_MYSQL.sub("", text))}


PICOSECONDS_PER_MS: Final = 1_000_000_000
TOP: Final = 10
STATUS: Final = (
    "Aborted_clients", "Bytes_received", "Bytes_sent", "Com_commit", "Com_rollback", "Com_select", "Connections",
    "Created_tmp_disk_tables", "Created_tmp_tables", "Handler_read_key", "Handler_read_next", "Handler_read_rnd_next",
    "Innodb_buffer_pool_read_requests", "Innodb_buffer_pool_reads", "Innodb_data_fsyncs", "Innodb_row_lock_time",
    "Innodb_row_lock_waits", "Innodb_rows_read", "Queries", "Questions", "Select_full_join", "Slow_queries",
    "Sort_merge_passes", "Sort_rows",
)  # fmt: skip
READ_STATUS: Final = f"SHOW GLOBAL STATUS WHERE Variable_name IN ({', '.join(['%s'] * len(STATUS))})"
READ_DIGESTS: Final = """
SELECT digest, digest_text, count_star, sum_timer_wait, sum_rows_examined
FROM performance_schema.events_statements_summary_by_digest WHERE schema_name = %s"""


class Digest(NamedTuple):
    """A statement's totals since the server started: text, executions, picoseconds, rows examined."""

    text: str
    executions: int
    time: int
    rows: int


def read_status(connection: Connection) -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(READ_STATUS, STATUS)
        return {str(name): float(value) for name, value in cursor.fetchall()}


def read_digests(connection: Connection, schema: str) -> dict[str, Digest]:
    """Totals of the statements in one database; empty if the server does not count them."""
    with connection.cursor() as cursor:
        cursor.execute(READ_DIGESTS, (schema,))
        rows = cursor.fetchall()
    return {str(key): Digest(str(text), int(count), int(time), int(rows)) for key, text, count, time, rows in rows}


def statements_between(before: dict[str, Digest], after: dict[str, Digest]) -> list[Statement]:
    """The statements that took the most time, the costliest first."""
    sums: dict[str, tuple[int, float, int]] = {}
    for key, now in after.items():
        then = before.get(key, Digest(now.text, 0, 0, 0))
        if now.executions > then.executions:
            name = name_of(now.text)
            count, total, rows = sums.get(name, (0, 0.0, 0))
            spent = (now.time - then.time) / PICOSECONDS_PER_MS
            sums[name] = (count + now.executions - then.executions, total + spent, rows + now.rows - then.rows)
    statements = [
        Statement(name, routes_of(name), count, round(total, 3), round(total / count, 4), rows)
        for name, (count, total, rows) in sums.items()
    ]
    return sorted(statements, key=lambda statement: -statement.total_ms)[:TOP]


READ_USERS: Final = """
SELECT thread_os_id, processlist_user FROM performance_schema.threads
WHERE thread_os_id IS NOT NULL AND processlist_user IS NOT NULL"""


class Threads(NamedTuple):
    """The threads of a database server at one time: each one's user and CPU seconds."""

    users: dict[int, str]
    cpu_s: dict[int, float]


def read_threads(connection: Connection, pid: int) -> Threads:
    """By the server's thread ids; raises pymysql.Error and OSError."""
    with connection.cursor() as cursor:
        cursor.execute(READ_USERS)
        users = {int(thread): str(user) for thread, user in cursor.fetchall()}
    cpu_s = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            number, seconds = _read_thread(task)
            cpu_s[number] = seconds
    return Threads(users, cpu_s)


def cpu_by_user(before: Threads, after: Threads) -> dict[str, float]:
    """CPU seconds of the connections open at the end. A thread may have served another connection before."""
    spent: dict[str, float] = {}
    for thread, user in after.users.items():
        if thread in after.cpu_s:
            spent[user] = spent.get(user, 0.0) + after.cpu_s[thread] - before.cpu_s.get(thread, 0.0)
    return spent


def _read_thread(task: Path) -> tuple[int, float]:
    """In a container threads have other ids than here: the last one in NSpid."""
    lines = (task / "status").read_text().splitlines()
    numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [task.name])
    return int(numbers[-1]), int((task / "schedstat").read_text().split()[0]) * NANOSECOND
