"""Seam: outermost middleware that refuses malformed requests, limits slow bodies and turns errors into a 500."""

import logging
import threading
from collections.abc import Iterable
from contextlib import suppress
from socket import SHUT_RD, socket
from time import monotonic
from typing import IO, TYPE_CHECKING, Final

from werkzeug.exceptions import RequestTimeout

from shared.http.errors import DETAILS, TITLES, Problem
from shared.http.framing import refusal
from shared.service.metrics import Metrics
from shared.service.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)
_POLL_S: Final = 0.1
_LENGTHS: Final = {"content-length": "CONTENT_LENGTH", "transfer-encoding": "HTTP_TRANSFER_ENCODING"}


def guarded(app: "WSGIApplication", settings: Settings, metrics: Metrics) -> "WSGIApplication":
    """Add a limit of REQUEST_TIMEOUT to reading a body, which gunicorn lacks."""
    watch = _Watch(settings.request_timeout)
    watch.start()

    def answer(start_response: "StartResponse", problem: Problem) -> Iterable[bytes]:
        refused = problem.answer()
        metrics.request("unmatched", refused.status, 0.0)
        headers = [("X-Combination", settings.combination), ("Content-Length", str(len(refused.body)))]
        start_response(f"{refused.status} {TITLES[refused.status]}", [*headers, *refused.all_headers])
        return [refused.body]

    def handle(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        fields = {name: environ[key] for name, key in _LENGTHS.items() if key in environ}
        if fields and "gunicorn.socket" in environ:
            environ["wsgi.input"] = _Body(environ["wsgi.input"], environ["gunicorn.socket"], watch)
        if problem := refusal(environ["REQUEST_METHOD"], environ["RAW_URI"], fields):
            return answer(start_response, problem)
        try:
            return app(environ, start_response)
        except Problem as problem:  # too many wait: the application need not see it
            return answer(start_response, problem)
        except Exception:
            log.exception("unexpected error")
            return answer(start_response, Problem(500, DETAILS[500]))

    return handle


class _Body:
    """A request's body; reading it raises a 408 after the time limit."""

    def __init__(self, stream: IO[bytes], sock: socket, watch: "_Watch") -> None:
        self._stream = stream
        self._sock = sock
        self._watch = watch
        self._ends = monotonic() + watch.seconds

    def read(self, size: int = -1) -> bytes:
        self._watch.reading[self._sock] = self._ends
        try:
            return self._stream.read(size)
        finally:
            del self._watch.reading[self._sock]
            if monotonic() > self._ends:
                raise RequestTimeout


class _Watch(threading.Thread):
    """Shuts down the receiving side of sockets whose body is late; gunicorn has no such time-out."""

    def __init__(self, seconds: float) -> None:
        super().__init__(name="slow bodies", daemon=True)
        self.seconds = seconds
        self.reading: dict[socket, float] = {}
        self._never = threading.Event()

    def run(self) -> None:
        while not self._never.wait(_POLL_S):
            now = monotonic()
            for sock, ends in list(self.reading.items()):
                if ends < now:
                    with suppress(OSError):
                        sock.shutdown(SHUT_RD)
