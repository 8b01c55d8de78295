"""Structured logs: one JSON object per line on stderr."""

import logging
from typing import Final

from pythonjsonlogger.json import JsonFormatter

from shared.service.settings import Settings

# The servers add handlers of their own, which write plain text.
SERVERS: Final = ("gunicorn.error", "gunicorn.access", "hypercorn.error", "hypercorn.access")


def log_at_once(settings: Settings) -> None:
    """Log synchronously; for the parent process, which may fork and so must not have a log thread."""
    log_with(settings, writer(settings))


def log_with(settings: Settings, handler: logging.Handler) -> None:
    """Send all log records of this process to one handler."""
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def writer(settings: Settings) -> logging.Handler:
    """A JSON handler that adds `combination` to each record."""
    fields = ["asctime", "levelname", "name", "message"]
    names = {"asctime": "time", "levelname": "level", "name": "logger", "message": "event"}
    extra = {"combination": settings.combination}
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(fields, rename_fields=names, static_fields=extra))
    return handler
