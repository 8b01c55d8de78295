"""The log of a worker: written by a thread of its own from a bounded queue, so that no request waits for it."""

import logging
from logging.handlers import QueueHandler, QueueListener
from queue import Queue
from typing import Final

from shared.service.logs import log_with, writer
from shared.service.settings import Settings

QUEUE_LENGTH: Final = 10_000


class _DroppingHandler(QueueHandler):
    """Drops an event rather than let a request wait for the log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A full queue is the only error here, and there is nowhere left to report it."""


def log_behind(settings: Settings) -> QueueListener:
    """Has a thread write this process' events; gives it, to be stopped at the end."""
    queue: Queue[logging.LogRecord] = Queue(QUEUE_LENGTH)
    log_with(settings, _DroppingHandler(queue))
    listener = QueueListener(queue, writer(settings))
    listener.start()
    return listener
