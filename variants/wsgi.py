"""The part of a request's WSGI environment that only gunicorn sets."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def with_target(app: "WSGIApplication") -> "WSGIApplication":
    """Add RAW_URI, the raw target, which the twin checks."""

    def handle(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        query = environ.get("QUERY_STRING")
        path = quote(environ["PATH_INFO"], encoding="latin-1")
        environ["RAW_URI"] = environ.get("REQUEST_URI") or f"{path}{f'?{query}' if query else ''}"
        return app(environ, start_response)

    return handle
