"""Seam: outermost middleware that refuses malformed requests, limits slow bodies and turns errors into a 500."""

import logging
from typing import Final

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from shared.http.errors import DETAILS, Problem
from shared.http.framing import refusal
from shared.service.metrics import Metrics
from shared.service.settings import Settings

log = logging.getLogger(__name__)
_LENGTHS: Final = (b"content-length", b"transfer-encoding")


def guarded(app: ASGIFramework, settings: Settings, metrics: Metrics) -> ASGIFramework:
    """Adds no time limit for bodies: Quart has one."""

    async def answer(send: ASGISendCallable, problem: Problem) -> None:
        refused = problem.answer()
        metrics.request("unmatched", refused.status, 0.0)
        headers = [("X-Combination", settings.combination), ("Content-Length", str(len(refused.body)))]
        fields = [*headers, *refused.all_headers, ("Connection", "close")]
        raw = [(name.encode(), value.encode()) for name, value in fields]
        await send({"type": "http.response.start", "status": refused.status, "headers": raw, "trailers": False})
        await send({"type": "http.response.body", "body": refused.body, "more_body": False})

    async def handle(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        if problem := _refusal(scope):
            await answer(send, problem)
            return
        try:
            await app(scope, receive, send)
        except Problem as problem:  # too many wait: the application need not see it
            await answer(send, problem)
        except Exception:
            log.exception("unexpected error")
            await answer(send, Problem(500, DETAILS[500]))

    return handle


def _refusal(scope: HTTPScope) -> Problem | None:
    fields = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _LENGTHS}
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    return refusal(scope["method"], target.decode("latin-1"), fields)
