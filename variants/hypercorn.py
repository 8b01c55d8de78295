"""The async twin on Hypercorn with uvloop."""

import asyncio
from functools import partial

import uvloop
from hypercorn.asyncio import serve
from hypercorn.config import Config

from async_api.service.context import ServiceContext
from async_api.service.server import application
from shared.service import runtime_facts
from shared.service.serving import serving
from shared.service.settings import Settings


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    config = Config()
    for row in serving(settings):
        if row.hypercorn is not None:
            setattr(config, row.hypercorn, row.value)
    config.worker_class = "uvloop"
    context = ServiceContext(settings)
    app = application(context)  # first, so that the facts show its libraries
    runtime_facts.server(context.metrics, "hypercorn", settings, partial(getattr, config))
    await serve(app, config)
