"""The sync twin on Granian."""

from functools import partial
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from granian.constants import Interfaces

from shared.service import runtime_facts
from shared.service.serving import THREADS_PER_PLACE
from shared.service.settings import Settings
from sync_api.service.context import ServiceContext
from sync_api.service.server import application
from variants.granian import facts_of, server_of
from variants.wsgi import with_target

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def run(settings: Settings) -> int:
    """Serve until SIGTERM; returns the exit status."""
    server = server_of(settings, Interfaces.WSGI, blocking_threads=THREADS_PER_PLACE * settings.in_flight)
    facts = facts_of(server, settings)
    server.serve(target_loader=partial(_load, settings, facts), wrap_loader=False)
    return 0


def _load(settings: Settings, facts: dict[str, Any]) -> "WSGIApplication":
    context = ServiceContext(settings)
    app = application(context)
    runtime_facts.server(context.metrics, "granian", settings, facts.__getitem__)
    context.open()
    Finalize(None, context.close, exitpriority=0)  # a worker exits without `atexit`
    return with_target(app)
