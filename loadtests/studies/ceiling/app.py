"""A bare constant answer on each server with the services' settings: the ceiling of every service on it.

`python -m loadtests.studies.ceiling.app sync|async` serves it at BIND until SIGTERM, under the name COMBINATION.
"""

import asyncio
import gc
import os
import sys
from typing import Any, Final

import hypercorn.asyncio
from flask import Flask
from gunicorn.app.base import BaseApplication
from hypercorn.config import Config
from quart import Quart

from shared.service.serving import serving
from shared.service.settings import Settings, read_settings

# As long as a product's answer, with which it is compared.
BODY: Final = b'{"constant":"' + 120 * b"." + b'"}'
PATH: Final = "/api/products/7"
TWINS: Final = ("sync", "async")


def headers_of(settings: Settings) -> dict[str, str]:
    """The headers that the services' answers have too."""
    return {"Content-Type": "application/json", "X-Combination": settings.combination}


class _Gunicorn(BaseApplication):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        for setting in serving(self._settings):
            if setting.gunicorn is not None:
                self.cfg.set(setting.gunicorn, setting.value)

    def load(self) -> Any:
        app = Flask(__name__, static_folder=None)
        headers = headers_of(self._settings)
        app.add_url_rule(PATH, "constant", lambda: (BODY, headers))
        # As in the services, so that garbage collection costs both the same.
        gc.freeze()
        return app


def serve_async(settings: Settings) -> None:
    config = Config()
    for setting in serving(settings):
        if setting.hypercorn is not None:
            setattr(config, setting.hypercorn, setting.value)
    app = Quart(__name__, static_folder=None)
    app.config.update(RESPONSE_TIMEOUT=None, BODY_TIMEOUT=settings.request_timeout)
    places = asyncio.Semaphore(settings.in_flight)

    headers = headers_of(settings)

    async def constant() -> tuple[bytes, dict[str, str]]:
        async with places:
            return BODY, headers

    app.add_url_rule(PATH, "constant", constant)
    gc.freeze()
    asyncio.run(hypercorn.asyncio.serve(app, config))


def main() -> int:
    if sys.argv[1:] not in ([twin] for twin in TWINS):
        sys.stderr.write("usage: python -m loadtests.studies.ceiling.app sync|async\n")
        return 2
    settings = read_settings(os.environ)
    if sys.argv[1] == "sync":
        _Gunicorn(settings).run()
    else:
        serve_async(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
