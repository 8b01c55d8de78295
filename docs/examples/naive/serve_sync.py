"""The naive sync twin on gunicorn, with the options of the sync twin."""

from functools import partial
from threading import Thread

from flask import Flask, Response
from gunicorn.app.base import BaseApplication

from docs.examples.naive.flask_app import app
from docs.examples.naive.measured import facts
from shared.service.serving import serving
from shared.service.settings import Settings


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    _Server(settings).run()
    return 0


class _Server(BaseApplication):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for row in serving(self._settings):
            if row.gunicorn is not None:
                self.cfg.set(row.gunicorn, row.value)

    def load(self) -> Flask:  # type: ignore[override]
        text = facts("gunicorn", self._settings, partial(getattr, self.cfg), Thread)
        app.add_url_rule("/health/ready", "ready", lambda: "ready")
        app.add_url_rule("/metrics", "metrics", lambda: text)
        app.after_request(self._named)
        return app

    def _named(self, response: Response) -> Response:
        response.headers["X-Combination"] = self._settings.combination
        return response
