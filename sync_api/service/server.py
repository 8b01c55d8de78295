"""Seam: serving with gunicorn's gthread worker, configured by shared/service/serving.py."""

import os
from functools import partial
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from shared.http.framing import ends_connection
from shared.service import metrics, runtime_facts
from shared.service.logs import log_at_once
from shared.service.serving import serving
from shared.service.settings import Settings

from ..app import create_app
from ..http.guard import guarded
from .admission import admitting
from .context import ServiceContext
from .places import Places


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    os.environ.pop("SCRIPT_NAME", None)  # gunicorn would use it as the mount point
    _Server(settings).run()
    return 0


def application(context: ServiceContext) -> Flask:
    """The application of one worker with its middleware."""
    app = create_app(context)
    inner = admitting(app.wsgi_app, Places(context.settings, context.metrics))
    app.wsgi_app = guarded(inner, context.settings, context.metrics)  # type: ignore[method-assign, assignment]
    return app


class _Server(BaseApplication):
    """gunicorn without configuration files or GUNICORN_CMD_ARGS."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context: ServiceContext | None = None
        super().__init__()

    def load_config(self) -> None:
        for setting in serving(self._settings):
            if setting.gunicorn is not None:
                self.cfg.set(setting.gunicorn, setting.value)
        self.cfg.set("on_starting", lambda _: log_at_once(self._settings))
        self.cfg.set("pre_request", _close)
        self.cfg.set("worker_exit", self._exit)
        self.cfg.set("child_exit", lambda _, worker: metrics.worker_ended(worker.pid))

    def load(self) -> Flask:  # type: ignore[override]
        # Called after the fork: no connection is shared between workers.
        context = ServiceContext(self._settings)
        try:
            app = application(context)
        except Exception:
            log_at_once(self._settings)  # the log thread may end before it has written the error
            raise
        self._context = context
        runtime_facts.server(context.metrics, "gunicorn", self._settings, partial(getattr, self.cfg))
        context.open()  # last: its threads would keep a failed worker from exiting
        return app

    def _exit(self, _server: object, _worker: object) -> None:
        if self._context is not None:  # None in a worker whose application could not be built
            self._context.close()


def _close(_worker: object, request: Any) -> None:
    fields = {name.lower(): value for name, value in request.headers}
    if ends_connection(request.method, request.uri, request.version, fields):
        request.force_close()
