"""The framework's views: deadline, metrics, problems and headers around each handler."""

import logging
from time import perf_counter

from quart import Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from shared.http import deadlines
from shared.http.answer import Answer
from shared.http.errors import DETAILS, Problem, from_framework
from shared.http.routes import Route

from ..service.background import Call
from ..service.context import ServiceContext

log = logging.getLogger(__name__)


class Views:
    def __init__(self, context: ServiceContext) -> None:
        self._seconds = context.settings.request_timeout
        self._metrics = context.metrics
        self._headers = [("X-Combination", context.settings.combination)]
        self._cache_state = context.cache.state_without

    def view(self, route: Route, handle: Call[..., Answer]) -> Call[..., Response]:
        """Wrap a handler; every exception becomes a problem."""

        async def view(**path: str) -> Response:
            started = perf_counter()
            deadlines.start(self._seconds)
            try:
                deadlines.must_be_admitted()
                answer = await handle(**path)
            except Exception as error:  # noqa: BLE001 (an unexpected error is logged and answered with a 500)
                answer = self._problem(route, error)
            self._metrics.request(route.name, answer.status, perf_counter() - started)
            return self._respond(answer)

        return view

    async def unmatched(self, error: HTTPException) -> Response:
        """Error handler for requests that match no route."""
        answer = from_framework(error.code, getattr(error, "valid_methods", None)).answer()
        self._metrics.request("unmatched", answer.status, 0.0)
        return self._respond(answer)

    def _problem(self, route: Route, error: Exception) -> Answer:
        problem = _as_problem(error)
        if route.cached:
            problem = problem.with_header("X-Cache", self._cache_state)
        return problem.answer()

    def _respond(self, answer: Answer) -> Response:
        return Response(answer.body, answer.status, Headers([*self._headers, *answer.all_headers]))


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return from_framework(error.code, None)
    log.error("unexpected error", exc_info=error, extra={"path": request.path})
    return Problem(500, DETAILS[500])
