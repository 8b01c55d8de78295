"""Options of a database connection, the same for both drivers, and the settings of its session."""

import ssl
from math import ceil
from typing import Any, Protocol

import msgspec

from shared.service.settings import DatabaseAddress, Settings, database_address, database_certificates

SQL_MODE = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
ATTEMPTS = 3


class Raw(Protocol):
    """The part of a driver's connection that both drivers share."""

    def get_server_info(self) -> str: ...

    def cursor(self) -> Any:
        """A context manager; an asynchronous one in aiomysql."""

    def thread_id(self) -> int:
        """The id that KILL takes."""

    def close(self) -> None: ...


class Result(msgspec.Struct, frozen=True):
    """The result of a statement: `row_count` and `last_row_id` as in Python's database API (PEP 249)."""

    rows: tuple[tuple[Any, ...], ...]
    row_count: int
    last_row_id: int


def connection_options(settings: Settings, seconds: float) -> dict[str, Any]:
    """Keyword arguments of `connect` for both drivers; differences are in the driver's seam."""
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
    """None when TLS is off; `on` checks no certificate, because MySQL generates a self-signed one."""
    if settings.database_tls == "off":
        return None
    if settings.database_tls == "verify":
        return ssl.create_default_context(cadata=database_certificates(settings))
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def session_statement(server_version: str, settings: Settings) -> str:
    """The SET statement of a new session: time limits, isolation, collation, time zone and SQL mode."""
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


def limited(statement: str, seconds: float, server_version: str, settings: Settings) -> str:
    """Let the server end a read after `seconds` when the request has less time left than STATEMENT_TIMEOUT.

    PyMySQL's time-outs are fixed at connect: a read that begins late would outlast its request.
    """
    if seconds >= settings.statement_timeout or not statement.lstrip().startswith("SELECT"):
        return statement
    milliseconds = ceil(seconds * 1000)
    if "MariaDB" in server_version:
        return f"SET STATEMENT max_statement_time = {milliseconds / 1000} FOR {statement}"
    return statement.replace("SELECT", f"SELECT /*+ MAX_EXECUTION_TIME({milliseconds}) */", 1)
