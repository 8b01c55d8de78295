"""Seam: the middleware of admission control."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from shared.http import deadlines
from shared.http.routes import needs_a_place

from .places import Places

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def admitting(app: "WSGIApplication", places: Places) -> "WSGIApplication":
    """A request holds its place until its answer is sent."""

    def handle(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not needs_a_place(environ["PATH_INFO"]):
            deadlines.queued(0.0, admitted=True)  # a thread remembers its last request
            return app(environ, start_response)
        if not places.take():
            return app(environ, start_response)
        try:
            body = app(environ, start_response)
        except BaseException:
            places.give_back()
            raise
        return ClosingIterator(body, places.give_back)

    return handle
