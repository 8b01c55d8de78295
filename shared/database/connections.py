"""Connections to the database: one table of options for both drivers, and what each session is."""

import ssl
from typing import Any, Protocol

import msgspec

from shared.service.settings import DatabaseAddress, Settings, database_address, database_certificates

SQL_MODE = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
ATTEMPTS = 3


class Raw(Protocol):
    """A driver's connection, as far as both drivers are alike."""

    def get_server_info(self) -> str:
        """The server's version."""

    def cursor(self) -> Any:
        """What runs a statement; on one side to be entered with `async`."""

    def thread_id(self) -> int:
        """The session's number at the server."""

    def close(self) -> None:
        """Ends the connection."""


class Result(msgspec.Struct, frozen=True):
    """What a statement gave; the words are those of Python's database API."""

    rows: tuple[tuple[Any, ...], ...]
    row_count: int
    last_row_id: int


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
    """The TLS context when TLS is on; `on` checks no certificate, as MySQL makes its own."""
    if settings.database_tls == "off":
        return None
    if settings.database_tls == "verify":
        return ssl.create_default_context(cadata=database_certificates(settings))
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
