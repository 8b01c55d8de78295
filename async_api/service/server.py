"""The seam of serving: Hypercorn, set up by the table in shared/service/serving.py."""

import asyncio
import logging
import multiprocessing.connection
import os
import signal
from contextlib import nullcontext
from functools import partial
from time import monotonic
from typing import Any

from hypercorn.asyncio.run import asyncio_worker
from hypercorn.config import Config
from quart import Quart

from shared.http import deadlines
from shared.service import metrics, runtime_facts
from shared.service.metrics import Metrics
from shared.service.serving import STOP_MARGIN, serving
from shared.service.settings import Settings, read_settings

from ..app import create_app
from .context import ServiceContext

_log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serves until SIGTERM; gives the exit status."""
    config = Config()
    config.application_path = f"{__package__}.server:application()"
    for setting in serving(settings):
        if setting.hypercorn is not None:
            setattr(config, setting.hypercorn, setting.value)
    return _supervise(config)


def _supervise(config: Config) -> int:
    # Hypercorn's own parent kills busy workers as soon as an idle one has ended, and replaces none; gunicorn's does.
    sockets, spawn, asked = config.create_sockets(), multiprocessing.get_context("spawn"), []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.append(number))
    workers: list[Any] = []
    while not asked:
        while len(workers) < config.workers:
            workers.append(spawn.Process(target=_work, args=(config, sockets)))
            workers[-1].start()
        multiprocessing.connection.wait([worker.sentinel for worker in workers], timeout=0.2)
        for worker in [each for each in workers if not each.is_alive()]:
            _log.error("worker %d ended with status %d", worker.pid, worker.exitcode)
            metrics.worker_ended(worker.pid)
            workers.remove(worker)
            # One that was ended is replaced; one that failed could not start, and no other will.
            asked += [0] if worker.exitcode > 0 else []
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(config.graceful_timeout + STOP_MARGIN)
        worker.kill()
    return int(0 in asked)


def _work(config: Config, sockets: Any) -> None:
    runtime_facts.server(Metrics(), "hypercorn", read_settings(os.environ), partial(getattr, config))
    asyncio_worker(config, sockets)


def application() -> Quart:
    """Gives the application of one worker; its context opens before the first request."""
    settings = read_settings(os.environ)
    context = ServiceContext(settings)
    app = create_app(context)
    # Quart gives up without an answer after a minute; the service's own limits are shorter and answer.
    app.config["RESPONSE_TIMEOUT"] = None
    app.config["BODY_TIMEOUT"] = settings.request_timeout
    app.before_serving(context.open)
    app.after_serving(context.close)
    app.asgi_app = _limited(app.asgi_app, settings.in_flight, context.metrics)  # type: ignore[method-assign]
    return app


def _limited(app: Any, in_flight: int, metrics: Metrics) -> Any:
    # As gthread has threads, so many requests are handled at once.
    places = asyncio.Semaphore(in_flight)
    metrics.fact("requests at once in a process", in_flight)

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        asked = monotonic()
        async with places if scope["type"] == "http" else nullcontext():
            waited = monotonic() - asked
            deadlines.queued(waited)
            metrics.queue.observe(waited)
            await app(scope, receive, send)

    return wrapped
