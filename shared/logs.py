"""Structured logs: one JSON object a line on stderr, in workers written by a thread and not by the request's."""

import logging
from logging.handlers import QueueHandler, QueueListener
from queue import Queue
from typing import Final

from pythonjsonlogger.json import JsonFormatter

from shared.settings import Settings

QUEUE_LENGTH: Final = 10_000
# Servers bring handlers of their own, which write plain text.
SERVERS: Final = ("gunicorn.error", "gunicorn.access", "hypercorn.error", "hypercorn.access")


class _DroppingHandler(QueueHandler):
    """Drops an event rather than let a request wait for the log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full queue is the only error here, and there is nowhere left to report it."""


def log_at_once(settings: Settings) -> None:
    """Has this process write its events itself; for the parent of the workers, which may fork."""
    _send(settings, _writer(settings))


def log_behind(settings: Settings) -> QueueListener:
    """Has a thread write this process' events from a bounded queue; gives it, to be stopped at the end."""
    queue: Queue[logging.LogRecord] = Queue(QUEUE_LENGTH)
    _send(settings, _DroppingHandler(queue))
    listener = QueueListener(queue, _writer(settings))
    listener.start()
    return listener


def _send(settings: Settings, handler: logging.Handler) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _writer(settings: Settings) -> logging.Handler:
    fields = ["asctime", "levelname", "name", "message"]
    names = {"asctime": "time", "levelname": "level", "name": "logger", "message": "event"}
    extra = {"combination": settings.combination}
    writer = logging.StreamHandler()
    writer.setFormatter(JsonFormatter(fields, rename_fields=names, static_fields=extra))
    return writer
