"""The settings of a service, read from its environment at the start."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
Count = Annotated[int, msgspec.Meta(ge=1, le=4096)]
Switch = Literal["on", "off"]


class SettingsError(Exception):
    """Unusable settings; the message is one line with the cause and the cure."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is an environment variable, its name in capitals.

    Times are in seconds, `workers` is the number of processes, `pool` the database connections per worker and
    `in_flight` the requests that a worker handles concurrently.
    """

    combination: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$")]
    bind: Annotated[str, msgspec.Meta(pattern=r"^[^:\s]+:[0-9]{1,5}$")]
    database_url: Annotated[str, msgspec.Meta(pattern="^mysql://")]
    database_password_file: str = ""
    database_tls: Literal["off", "on", "verify"] = "off"
    database_ca_file: str = ""
    cache_url: Annotated[str, msgspec.Meta(pattern="^(rediss?://[^?#]+)?$")] = ""
    cache_password_file: str = ""
    cache_ca_file: str = ""
    cache_prefix: str = ""
    workers: Count = 1
    pool: Count = 16
    in_flight: Count = 32
    fanout: Literal["parallel", "serial"] = "parallel"
    access_log: Switch = "off"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    acquire_timeout: Seconds = 2.0
    connect_timeout: Seconds = 2.0
    statement_timeout: Seconds = 5.0
    lock_timeout: Count = 2
    read_timeout: Seconds = 6.0
    request_timeout: Seconds = 8.0
    cache_timeout: Seconds = 0.1
    cache_lifetime: Seconds = 60.0
    cache_refresh: Switch = "on"
    flight_timeout: Seconds = 3.0
    keep_alive: Count = 75
    backlog: Count = 256
    grace: Count = 10

    @property
    def prefix(self) -> str:
        """The prefix of this combination's keys in Redis."""
        return self.cache_prefix or self.combination


class DatabaseAddress(msgspec.Struct, frozen=True):
    """Parts of DATABASE_URL."""

    host: str
    port: int
    user: str
    name: str
    password: str = msgspec.field(default="")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError, which names the wrong variable."""
    fields = {name: environment[name.upper()] for name in _names() if name.upper() in environment}
    try:
        settings = msgspec.convert(fields, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"the environment cannot be used: {_in_capitals(str(error))}") from None
    _check_nesting(settings)
    database_address(settings)
    database_certificates(settings)
    cache_options(settings)
    return settings


def database_address(settings: Settings) -> DatabaseAddress:
    """DATABASE_URL with the password from DATABASE_PASSWORD_FILE; raises SettingsError."""
    parts = urlsplit(settings.database_url)
    if not parts.hostname or not parts.username or not parts.path.strip("/"):
        raise SettingsError("DATABASE_URL must be mysql://user@host:port/name")
    return DatabaseAddress(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username),
        name=parts.path.strip("/"),
        password=_read(settings, "database_password_file").rstrip("\n") or unquote(parts.password or ""),
    )


def database_certificates(settings: Settings) -> str | None:
    """PEM text of DATABASE_CA_FILE, None for the system's authorities; raises SettingsError."""
    if not settings.database_ca_file:
        return None
    if settings.database_tls != "verify":
        raise SettingsError("DATABASE_CA_FILE needs DATABASE_TLS=verify")
    return _certificates(settings, "database_ca_file")


def cache_options(settings: Settings) -> dict[str, str]:
    """Options of redis-py besides CACHE_URL: password and authority; raises SettingsError."""
    if not settings.cache_url:
        return {}
    options, parts = {}, urlsplit(settings.cache_url)
    if not parts.hostname or not _has_port(parts):
        raise SettingsError("CACHE_URL must be redis://host:port/number, or rediss:// for TLS")
    if settings.cache_password_file:
        if parts.password:
            raise SettingsError("CACHE_URL has a password and CACHE_PASSWORD_FILE is set: use one of them")
        options["password"] = _read(settings, "cache_password_file").rstrip("\n")
    if settings.cache_ca_file:
        if parts.scheme != "rediss":
            raise SettingsError("CACHE_CA_FILE needs a CACHE_URL that begins with rediss://")
        options["ssl_ca_data"] = _certificates(settings, "cache_ca_file")
    return options


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _certificates(settings: Settings, name: str) -> str:
    text = _read(settings, name)
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError):
        raise SettingsError(f"{name.upper()} holds no PEM certificate") from None
    return text


def _read(settings: Settings, name: str) -> str:
    path = getattr(settings, name)
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except UnicodeDecodeError:
        raise SettingsError(f"{name.upper()} is not a UTF-8 text file") from None
    except OSError as error:
        raise SettingsError(f"{name.upper()} cannot be read: {error.strerror}") from None


def _check_nesting(settings: Settings) -> None:
    """An inner time-out that is longer than the outer one would never fire."""
    limits = ("statement_timeout", "read_timeout", "request_timeout")
    values = [getattr(settings, name) for name in limits]
    if values != sorted(set(values)):
        raise SettingsError(f"time-outs must nest: {' < '.join(name.upper() for name in limits)}")


def _names() -> tuple[str, ...]:
    return Settings.__struct_fields__


def _in_capitals(message: str) -> str:
    for name in sorted(_names(), key=len, reverse=True):
        message = message.replace(f"`{name}`", name.upper()).replace(f"$.{name}", name.upper())
    return message
