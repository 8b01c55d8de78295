"""The seam of serving: gunicorn's gthread, set up by the table in shared/serving.py."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from shared import deadlines, metrics, traits
from shared.logs import log_at_once
from shared.serving import serving
from shared.settings import Settings, read_settings

from .app import create_app
from .parts import Parts


def run(settings: Settings) -> int:
    """Serves until SIGTERM; gives the exit status."""
    _Server(settings).run()
    return 0


def application() -> Flask:
    """Gives the application of one worker; its parts are open."""
    settings = read_settings(os.environ)
    parts = Parts(settings)
    parts.open()
    app = create_app(parts)
    app.extensions["parts"] = parts
    return app


class _Server(BaseApplication):
    """gunicorn without configuration files or GUNICORN_CMD_ARGS."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for setting in serving(self._settings):
            if setting.gunicorn is not None:
                self.cfg.set(setting.gunicorn, setting.value)
        self.cfg.set("worker_class", _Worker)
        self.cfg.set("post_worker_init", _describe)
        self.cfg.set("on_starting", lambda _server: log_at_once(self._settings))
        self.cfg.set("worker_exit", lambda _server, worker: worker.app.wsgi().extensions["parts"].close())
        self.cfg.set("child_exit", lambda _server, worker: metrics.worker_ended(worker.pid))

    def load(self) -> Flask:  # type: ignore[override]
        # Called after the fork: no connection is shared between workers.
        return application()


class _Threads(ThreadPoolExecutor):
    """Counts how long each request waits for a thread."""

    def submit(self, call: Any, /, *values: Any, **named: Any) -> Future[Any]:
        return super().submit(_begun, monotonic(), call, *values, **named)


class _Worker(ThreadWorker):
    def get_thread_pool(self) -> ThreadPoolExecutor:
        return _Threads(max_workers=self.cfg.threads)


def _begun(asked: float, call: Any, *values: Any, **named: Any) -> Any:
    metrics.QUEUE.observe(waited := monotonic() - asked)
    deadlines.queued(waited)
    return call(*values, **named)


def _describe(worker: Any) -> None:
    traits.server("gunicorn", read_settings(os.environ), lambda name: worker.cfg.settings[name].get())
