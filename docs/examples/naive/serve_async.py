"""The naive async twin on Hypercorn, with the options of the async twin."""

import asyncio
from functools import partial

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Response

from docs.examples.naive.measured import facts
from docs.examples.naive.quart_app import app
from shared.service.serving import serving
from shared.service.settings import Settings


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    config = Config()
    for row in serving(settings):
        if row.hypercorn is not None:
            setattr(config, row.hypercorn, row.value)
    text = facts("hypercorn", settings, partial(getattr, config), type(asyncio.get_running_loop()))

    async def ready() -> str:
        return "ready"

    async def metrics() -> str:
        return text

    async def named(response: Response) -> Response:
        response.headers["X-Combination"] = settings.combination
        return response

    app.add_url_rule("/health/ready", "ready", ready)
    app.add_url_rule("/metrics", "metrics", metrics)
    app.after_request(named)
    await serve(app, config)
