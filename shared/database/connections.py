"""Connections to the database: one table of options for both drivers, and what each fault means."""

import ssl
from typing import Any, TypeAlias

import msgspec

from shared.http.errors import Problem, unavailable
from shared.service.settings import DatabaseAddress, Settings, database_address

SQL_MODE = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
ATTEMPTS = 3
# A driver's connection: aiomysql has no types, and PyMySQL's time-out per statement is private.
Raw: TypeAlias = Any


class Result(msgspec.Struct, frozen=True):
    """What a statement gave: its rows, how many it changed, the id that it made."""

    rows: tuple[tuple[Any, ...], ...]
    changed: int
    made: int


class DatabaseFault(Exception):
    """A statement or connection that failed.

    `status` and `detail` are what the client hears when nothing cures it, `breaks` says that the connection is of no
    further use, `repeatable` that a fresh start may cure it and that nothing was committed.
    """

    status = 500
    detail = "The database refused a statement."
    breaks = False
    repeatable = False

    def problem(self) -> Problem:
        """Gives what the client hears."""
        if self.status == 503:
            return unavailable(self.detail)
        return Problem(self.status, self.detail)


class ConnectionLost(DatabaseFault):
    """The connection is dead; whatever was not committed on it is undone."""

    status = 503
    detail = "The database cannot be reached."
    breaks = True
    repeatable = True


class TransactionUndone(DatabaseFault):
    """A deadlock: the server undid the transaction, which may be tried again."""

    status = 503
    detail = "Too many writes at once wanted the same rows."
    repeatable = True


class LockTimedOut(DatabaseFault):
    """Another transaction held the rows for too long."""

    status = 503
    detail = "Other writes hold the rows; try again."


class StatementTimedOut(DatabaseFault):
    """The server ended the statement for its time."""

    status = 504
    detail = "The database took too long."


class NoAnswerInTime(StatementTimedOut):
    """The server did not answer in time; the statement may still run and has to be killed."""

    breaks = True


class ConnectionGone(DatabaseFault):
    """The connection to be killed has ended already, which is what was wanted."""


class CommitUnknown(DatabaseFault):
    """The connection was lost during the commit: nobody here can tell whether it took place.

    `done` is what the transaction would have given.
    """

    done: Any = None

    status = 503
    detail = (
        "The database went away during the commit; repeat with the same Idempotency-Key to learn what became of it."
    )
    breaks = True


# The error numbers of MySQL and MariaDB; what is not here is a defect of ours and a 500.
FAULTS: dict[int, type[DatabaseFault]] = {
    1040: ConnectionLost,  # too many connections
    1053: ConnectionLost,  # shutdown in progress
    1077: ConnectionLost,
    1079: ConnectionLost,
    1129: ConnectionLost,
    1158: ConnectionLost,
    1159: ConnectionLost,
    1160: ConnectionLost,
    1161: ConnectionLost,
    1203: ConnectionLost,  # too many connections of this user
    1226: ConnectionLost,
    1927: ConnectionLost,  # killed (MariaDB)
    2002: ConnectionLost,
    2003: ConnectionLost,
    2006: ConnectionLost,
    2013: ConnectionLost,
    2055: ConnectionLost,
    4031: ConnectionLost,  # idle for too long (MySQL)
    1094: ConnectionGone,
    1205: LockTimedOut,
    1213: TransactionUndone,
    1317: StatementTimedOut,  # killed by KILL QUERY
    1969: StatementTimedOut,  # max_statement_time (MariaDB)
    3024: StatementTimedOut,  # max_execution_time (MySQL)
}


def fault_of(error: Exception) -> DatabaseFault:
    """Gives the fault behind a driver's error, by its number."""
    number = error.args[0] if error.args else None
    kind = FAULTS.get(number, DatabaseFault) if isinstance(number, int) else ConnectionLost
    return kind(str(error))


def connection_options(settings: Settings, seconds: float) -> dict[str, Any]:
    """Gives the options for both drivers to connect within `seconds`; what differs stands in the driver's seam."""
    address: DatabaseAddress = database_address(settings)
    return {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "database": address.name,
        "charset": "utf8mb4",
        "autocommit": True,
        "connect_timeout": seconds,
        "local_infile": False,
    }


def encryption(settings: Settings) -> ssl.SSLContext | None:
    """Gives the TLS context when TLS is on; the server's certificate is not checked, as MySQL makes its own."""
    if settings.database_tls == "off":
        return None
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def session_statement(server_version: str, settings: Settings) -> str:
    """Gives the statement that makes a new session the same on both twins and on both servers."""
    if "MariaDB" in server_version:
        limit = f"max_statement_time = {settings.statement_timeout}"
        isolation = "tx_isolation"
    else:
        limit = f"max_execution_time = {round(settings.statement_timeout * 1000)}"
        isolation = "transaction_isolation"
    return (
        f"SET SESSION {limit}, innodb_lock_wait_timeout = {settings.lock_timeout}, "
        f"{isolation} = 'REPEATABLE-READ', collation_connection = 'utf8mb4_bin', "
        f"time_zone = '+00:00', sql_mode = '{SQL_MODE}'"
    )
