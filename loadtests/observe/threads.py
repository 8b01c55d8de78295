"""Which user of the database its threads work for, and what CPU time they have used."""

from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from compose.local.database_server import Connection
from loadtests.observe.processes import NANOSECOND

READ_USERS: Final = """
SELECT thread_os_id, processlist_user FROM performance_schema.threads
WHERE thread_os_id IS NOT NULL AND processlist_user IS NOT NULL"""


class Threads(NamedTuple):
    """Of a database server at one time: who each thread works for, and CPU seconds of each so far."""

    users: dict[int, str]
    cpu_s: dict[int, float]


def read_threads(connection: Connection, pid: int) -> Threads:
    """By the numbers that the server knows its threads by; raises pymysql.Error and OSError."""
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
    """CPU seconds of the connections that are open at the end. A thread may have served another one before."""
    spent: dict[str, float] = {}
    for thread, user in after.users.items():
        if thread in after.cpu_s:
            spent[user] = spent.get(user, 0.0) + after.cpu_s[thread] - before.cpu_s.get(thread, 0.0)
    return spent


def _read_thread(task: Path) -> tuple[int, float]:
    """In a container threads have other numbers than here: the last one of NSpid."""
    lines = (task / "status").read_text().splitlines()
    numbers = next((line.split()[1:] for line in lines if line.startswith("NSpid:")), [task.name])
    return int(numbers[-1]), int((task / "schedstat").read_text().split()[0]) * NANOSECOND
