"""The async twin on uvicorn with httptools, on asyncio's loop or on uvloop."""

import asyncio
import signal
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
    # uvicorn raises received signals again when it ends.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_serve(settings))
    return 0


def run_on_uvloop(settings: Settings) -> int:
    return run(settings, uvloop.new_event_loop)


async def _serve(settings: Settings) -> None:
    context = ServiceContext(settings)
    host, _, port = settings.bind.rpartition(":")
    options = {row.uvicorn: row.value for row in serving(settings) if row.uvicorn}
    app = application(context)
    config = Config(app, host, int(port), http="httptools", ws="none", lifespan="on", log_config=None, **options)
    runtime_facts.server(context.metrics, "uvicorn", settings, partial(getattr, config))
    # uvicorn must create its socket itself: asyncio sets TCP_NODELAY only on sockets with an explicit protocol.
    await Server(config).serve()
