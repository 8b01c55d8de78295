"""The sync twin on waitress, a Python server with one reading thread and many answering threads."""

import signal
import sys
from functools import partial
from types import FrameType

from waitress.server import create_server

from shared.service import runtime_facts
from shared.service.serving import serving
from shared.service.settings import Settings
from sync_api.service.context import ServiceContext
from sync_api.service.server import application
from variants.wsgi import with_target


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    context = ServiceContext(settings)
    options = {row.waitress: row.value for row in serving(settings) if row.waitress}
    # select() allows at most 1,024 connections.
    server = create_server(with_target(application(context)), listen=settings.bind, asyncore_use_poll=True, **options)
    runtime_facts.server(context.metrics, "waitress", settings, partial(getattr, server.adj))
    context.open()
    signal.signal(signal.SIGTERM, _leave)
    try:
        server.run()
    finally:
        context.close()
    return 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)
