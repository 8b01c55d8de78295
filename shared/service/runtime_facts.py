"""What a running process is made of, for the ledger of a measurement: read off its objects, never off its settings."""

import platform
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any, Final

from shared.service import metrics
from shared.service.serving import serving
from shared.service.settings import Settings
from shared.shop.answers import encode

LIBRARIES: Final = (
    "aiomysql", "cryptography", "flask", "gunicorn", "hiredis", "hypercorn", "msgspec", "prometheus_client",
    "pymysql", "quart", "redis", "uvloop", "werkzeug",
)  # fmt: skip


def server(kind: str, settings: Settings, configured: Callable[[str], Any]) -> None:
    """Puts down how a server of this kind is set up, by its own configuration, and what the process has loaded."""
    encoder: Any = encode
    metrics.trait("server", kind)
    for row in serving(settings):
        if name := getattr(row, kind):
            value = configured(name)
            metrics.trait(row.matter, getattr(value, "name", None) or getattr(value, "__name__", None) or value)
    metrics.trait("JSON encoder", _name(type(encoder.__self__)))
    metrics.trait("Python", f"{platform.python_implementation()} {platform.python_version()}")
    for library in LIBRARIES:
        if library in sys.modules:
            metrics.trait(f"library {library}", metadata.version(library))


def session(raw: Any, rows: Sequence[Sequence[Any]]) -> None:
    """Puts down what a driver's connection converts, and what the server says of its session."""
    metrics.trait("cursor", _name(raw.cursorclass))
    metrics.trait("conversions", ", ".join(sorted({_name(call) for call in raw.decoders.values()})))
    for name, value in rows:
        metrics.trait(f"session {name}", value)


def redis(connection: Any) -> None:
    """Puts down how a connection to Redis is set up, by redis-py's own object."""
    metrics.trait("Redis parser", _name(type(connection._parser)))
    metrics.trait("Redis time-out, s", connection.socket_timeout)
    metrics.trait("Redis time-out of connecting, s", connection.socket_connect_timeout)
    metrics.trait("Redis tries", connection.retry._retries + 1)


def scheduler(kind: type) -> None:
    """Puts down what runs the requests."""
    metrics.trait("event loop", _name(kind))


def _name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
