"""Facts about a running process for the ledger of a measurement, read from its objects instead of its settings."""

import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any, Final

from shared.http.answer import encode
from shared.service.metrics import Metrics
from shared.service.serving import serving
from shared.service.settings import Settings

LIBRARIES: Final = (
    "aiomysql", "asyncmy", "cryptography", "flask", "granian", "gunicorn", "hiredis", "httptools", "hypercorn",
    "msgspec", "prometheus_client", "pymysql", "quart", "redis", "uvicorn", "uvloop", "waitress", "werkzeug",
)  # fmt: skip


def server(metrics: Metrics, kind: str, settings: Settings, configured: Callable[[str], Any]) -> None:
    """Publish the server's effective configuration and the versions of loaded libraries.

    `kind` is a column of `serving`; `configured` reads an option of the server by its name.
    """
    encoder: Any = encode
    metrics.fact("server", kind)
    metrics.fact("requests at once in a process", settings.in_flight)
    for row in serving(settings):
        if name := getattr(row, kind):
            value = configured(name)
            metrics.fact(row.matter, getattr(value, "name", None) or getattr(value, "__name__", None) or value)
    metrics.fact("JSON encoder", _name(type(encoder.__self__)))
    metrics.fact("Python", f"{platform.python_implementation()} {platform.python_version()}")
    for library in LIBRARIES:
        if library in sys.modules:
            metrics.fact(f"library {library}", metadata.version(library))


def session(metrics: Metrics, raw: Any, rows: Sequence[Sequence[object]]) -> None:
    """Publish a driver connection's cursor and converters; `rows` are its session variables."""
    metrics.fact("cursor", _name(raw.cursorclass))
    metrics.fact("conversions", ", ".join(sorted({_name(call) for call in raw.decoders.values()})))
    for name, value in rows:
        metrics.fact(f"session {name}", value)


def redis(metrics: Metrics, options: Mapping[str, Any]) -> None:
    """`options` are the connection options of redis-py's pool."""
    metrics.fact("Redis time-out, s", options["socket_timeout"])
    metrics.fact("Redis time-out of connecting, s", options["socket_connect_timeout"])
    metrics.fact("Redis tries", options["retry"].get_retries() + 1)


def scheduler(metrics: Metrics, kind: type) -> None:
    """`kind` is the class of the event loop or thread that runs the requests."""
    metrics.fact("event loop", _name(kind))


def _name(thing: Any) -> str:
    return f"{thing.__module__}.{thing.__qualname__}"
