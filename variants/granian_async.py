"""The async twin on Granian, with uvloop."""

from functools import partial
from typing import Any

from granian.constants import Interfaces, Loops
from quart import Quart

from async_api.service.context import ServiceContext
from async_api.service.server import application
from shared.service import runtime_facts
from shared.service.settings import Settings
from variants.granian import facts_of, server_of


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    server = server_of(settings, Interfaces.ASGI, loop=Loops.uvloop)
    server.serve(target_loader=partial(_load, settings, facts_of(server, settings)), wrap_loader=False)
    return 0


def _load(settings: Settings, facts: dict[str, Any]) -> Quart:
    context = ServiceContext(settings)
    app = application(context)
    runtime_facts.server(context.metrics, "granian", settings, facts.__getitem__)
    return app
