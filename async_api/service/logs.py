"""The log of a worker, written by a thread from a bounded queue, so that no request blocks on it."""

import logging
from logging.handlers import QueueHandler, QueueListener
from queue import Queue
from typing import Final

from shared.service.logs import log_with, writer
from shared.service.settings import Settings

QUEUE_LENGTH: Final = 10_000


class _DroppingHandler(QueueHandler):
    """Drops records when the queue is full."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore a full queue, the only error here."""


def log_behind(settings: Settings) -> QueueListener:
    """Start the log thread; the caller stops it."""
    queue: Queue[logging.LogRecord] = Queue(QUEUE_LENGTH)
    log_with(settings, _DroppingHandler(queue))
    listener = QueueListener(queue, writer(settings))
    listener.start()
    return listener
