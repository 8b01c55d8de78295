"""Granian, a server in Rust for both twins: its options."""

from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from shared.service.serving import LONGEST_HEAD, serving
from shared.service.settings import Settings


def server_of(settings: Settings, interface: Interfaces, **more: Any) -> Granian:
    host, _, port = settings.bind.rpartition(":")
    options = {row.granian: row.value for row in serving(settings) if row.granian}
    # Granian has no keep-alive time: the time limit of the next request's head applies to an idle connection.
    head = HTTP1Settings(header_read_timeout=settings.keep_alive * 1000, max_buffer_size=LONGEST_HEAD)
    return Granian(
        "",
        host,
        int(port),
        interface=interface,
        http=HTTPModes.http1,
        websockets=False,
        http1_settings=head,
        **options,
        **more,
    )


def facts_of(server: Granian, settings: Settings) -> dict[str, Any]:
    """The server's effective options by name, for the workers."""
    return {row.granian: getattr(server, row.granian) for row in serving(settings) if row.granian}
