"""The async twin on uvicorn with httptools, on asyncio's loop or on uvloop."""

import asyncio
import signal
import socket
from collections.abc import Callable
from functools import partial

import uvloop
from uvicorn import Config, Server

from async_api.service.context import ServiceContext
from async_api.service.server import application
from shared.service import runtime_facts
from shared.service.serving import serving
from shared.service.settings import Settings


def run(settings: Settings, loop: Callable[[], asyncio.AbstractEventLoop] | None = None) -> int:
    """Serve until SIGTERM; returns the exit status."""
    host, _, port = settings.bind.rpartition(":")
    # It raises the signals that it has heard once more at its end.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    with (
        socket.create_server((host, int(port)), backlog=settings.backlog) as listening,
        asyncio.Runner(loop_factory=loop) as runner,
    ):
        runner.run(_serve(settings, listening))
    return 0


def run_on_uvloop(settings: Settings) -> int:
    return run(settings, uvloop.new_event_loop)


async def _serve(settings: Settings, listening: socket.socket) -> None:
    context = ServiceContext(settings)
    options = {row.uvicorn: row.value for row in serving(settings) if row.uvicorn}
    config = Config(application(context), http="httptools", ws="none", lifespan="on", log_config=None, **options)
    runtime_facts.server(context.metrics, "uvicorn", settings, partial(getattr, config))
    await Server(config).serve(sockets=[listening])
