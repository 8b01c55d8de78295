"""The seam of serving: gunicorn's gthread, set up by the table in shared/service/serving.py."""

import os
from functools import partial
from multiprocessing.connection import wait
from time import monotonic
from types import SimpleNamespace
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.exceptions import RequestTimeout

from shared.http import deadlines
from shared.service import metrics, runtime_facts
from shared.service.logs import log_at_once
from shared.service.serving import serving
from shared.service.settings import Settings, read_settings

from ..app import create_app
from .context import ServiceContext


def run(settings: Settings) -> int:
    """Serves until SIGTERM; gives the exit status."""
    _Server(settings).run()
    return 0


def application() -> Flask:
    """Gives the application of one worker; its context is open."""
    settings = read_settings(os.environ)
    context = ServiceContext(settings)
    try:
        app = create_app(context)
    except Exception:
        log_at_once(settings)  # why it ends: the thread that writes the log may end before it has
        raise
    app.extensions["context"] = context
    context.open()  # last, because its threads would keep a worker that cannot serve from ending
    return app


class _Server(BaseApplication):
    """gunicorn without configuration files or GUNICORN_CMD_ARGS."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        settings = self.settings
        for setting in serving(settings):
            if setting.gunicorn is not None:
                self.cfg.set(setting.gunicorn, setting.value)
        self.cfg.set("worker_class", _Worker)
        self.cfg.set("post_worker_init", self._put_down_facts)
        self.cfg.set("on_starting", lambda _: log_at_once(settings))
        # Nothing is open in a worker whose application could not be built.
        self.cfg.set("worker_exit", lambda _, w: (app := w.app.callable) and app.extensions["context"].close())
        self.cfg.set("child_exit", lambda _server, worker: metrics.worker_ended(worker.pid))

    def _put_down_facts(self, worker: Any) -> None:
        metrics = worker.app.callable.extensions["context"].metrics
        runtime_facts.server(metrics, "gunicorn", self.settings, partial(getattr, self.cfg))

    def load(self) -> Flask:  # type: ignore[override]
        # Called after the fork: no connection is shared between workers.
        return application()


class _Worker(ThreadWorker):
    """Counts how long each request waits for a thread, and gives its body as long to arrive as Quart does."""

    def enqueue_req(self, conn: Any) -> None:
        conn.asked = monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        waited = monotonic() - conn.asked
        deadlines.queued(waited)
        app: Any = self.app.callable
        app.extensions["context"].metrics.queue.observe(waited)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        ends = monotonic() + self.app.settings.request_timeout  # type: ignore[attr-defined]
        req.unreader.sock = SimpleNamespace(recv=partial(_arrived, conn.sock, ends))
        try:
            return super().handle_request(req, conn)
        finally:
            req.unreader.sock = conn.sock


def _arrived(sock: Any, ends: float, size: int) -> Any:
    if not wait([sock], ends - monotonic()):
        raise RequestTimeout
    return sock.recv(size)
