"""Seam: serving with Hypercorn, configured by shared/service/serving.py."""

import asyncio
import logging
import multiprocessing
import multiprocessing.connection
import signal
import socket
from functools import partial
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING, Any

from shared.service.serving import STOP_MARGIN, own_socket, serving
from shared.service.settings import Settings

# Workers import their own modules: imports here would also take memory in the parent.
if TYPE_CHECKING:
    from quart import Quart

    from .context import ServiceContext

_log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    listening = None if own_socket(settings) else _listen(settings)
    return _Parent(settings, listening).run()


def application(context: "ServiceContext") -> "Quart":
    """The application of one worker with its middleware."""
    from ..app import create_app
    from ..http.guard import guarded
    from .admission import admitting
    from .places import Places

    app = create_app(context)
    # Quart drops a response after a minute; the service's own time limits are shorter and send an answer.
    app.config["RESPONSE_TIMEOUT"] = None
    app.config["BODY_TIMEOUT"] = context.settings.request_timeout
    app.before_serving(context.open)
    app.after_serving(context.close)
    inner: Any = admitting(app.asgi_app, Places(context.settings, context.metrics))
    app.asgi_app = guarded(inner, context.settings, context.metrics)  # type: ignore[method-assign, assignment]
    return app


class _Parent:
    """Keeps WORKERS processes alive on one address; Hypercorn's own parent stops all when one dies."""

    def __init__(self, settings: Settings, listening: socket.socket | None) -> None:
        self._settings = settings
        self._listening = listening
        self._spawn = multiprocessing.get_context("spawn")
        self._workers: list[SpawnProcess] = []
        self._signals: list[int] = []

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: self._signals.append(number))
        failed = False
        while not self._signals and not failed:
            self._fill()
            multiprocessing.connection.wait([worker.sentinel for worker in self._workers], timeout=0.2)
            failed = self._reap()
        if self._listening:
            self._listening.close()
        self._stop()
        return int(failed)

    def _fill(self) -> None:
        while len(self._workers) < self._settings.workers:
            worker = self._spawn.Process(target=_work, args=(self._settings, self._listening))
            worker.start()
            self._workers.append(worker)

    def _reap(self) -> bool:
        """Whether a worker has failed by itself; a killed one is replaced, a failed one would fail again."""
        from shared.service import metrics

        failed = False
        for worker in [ended for ended in self._workers if ended.exitcode is not None]:
            _log.error("worker %d ended with status %d", worker.pid, worker.exitcode)
            metrics.worker_ended(worker.pid or 0)
            self._workers.remove(worker)
            failed = failed or (worker.exitcode or 0) > 0
        return failed

    def _stop(self) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join(self._settings.grace + STOP_MARGIN)
            worker.kill()


def _listen(settings: Settings) -> socket.socket:
    host, _, port = settings.bind.rpartition(":")
    return socket.create_server((host, int(port)), backlog=settings.backlog, reuse_port=own_socket(settings))


def _work(settings: Settings, listening: socket.socket | None) -> None:
    from hypercorn.config import Config

    config = Config()
    for setting in serving(settings):
        if setting.hypercorn is not None:
            setattr(config, setting.hypercorn, setting.value)
    asyncio.run(_serve(settings, config, listening or _listen(settings)))


async def _serve(settings: Settings, config: Any, listening: socket.socket) -> None:
    from hypercorn.asyncio import serve

    from shared.service import runtime_facts

    from .context import ServiceContext

    context = ServiceContext(settings)
    app = application(context)  # first, so that the facts show its libraries
    runtime_facts.server(context.metrics, "hypercorn", settings, partial(getattr, config))
    config.workers = 1  # the parent starts the others
    config.bind = [f"fd://{listening.detach()}"]
    await serve(app, config)
