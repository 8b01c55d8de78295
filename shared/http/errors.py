"""Problem details (RFC 9457): every answer that is not a success."""

from typing import Final

import msgspec

from shared.http.answer import Answer
from shared.schema import ProblemBody

CONTENT_TYPE: Final = "application/problem+json"

TITLES: Final = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timed out",
    409: "Conflict",
    413: "Body too large",
    415: "Unsupported media type",
    422: "Cannot be processed",
    500: "Internal error",
    503: "Service unavailable",
    504: "Timed out",
}

DETAILS: Final = {
    404: "There is nothing at this address.",
    405: "This address does not support that method.",
    408: "The body took too long to arrive.",
    413: "The body may hold at most 64 KiB.",
    500: "The request failed. The log of the service says why.",
}

RETRY_AFTER: Final = ("Retry-After", "1")


class Problem(Exception):
    """An error answer; `detail` is one sentence for the client. Immutable."""

    def __init__(self, status: int, detail: str, *headers: tuple[str, str]) -> None:
        super().__init__(detail)
        self.status: Final = status
        self.detail: Final = detail
        self.headers: Final = headers

    def with_header(self, name: str, value: str) -> "Problem":
        """A copy with the header added unless it is set already."""
        added = () if name in dict(self.headers) else ((name, value),)
        return Problem(self.status, self.detail, *self.headers, *added)

    @property
    def is_about_the_data(self) -> bool:
        """Whether other requests for the same resource get it too; a 503 or 504 is about one request."""
        return self.status == 404

    def copy(self) -> "Problem":
        """A copy to raise in another request: raising one exception twice mixes their tracebacks."""
        return Problem(self.status, self.detail, *self.headers)

    def answer(self) -> Answer:
        body = ProblemBody(title=TITLES[self.status], status=self.status, detail=self.detail)
        return Answer(self.status, msgspec.json.encode(body), self.headers, CONTENT_TYPE)


def unavailable(detail: str) -> Problem:
    """A 503 with `Retry-After: 1`."""
    return Problem(503, detail, RETRY_AFTER)


def from_framework(status: int | None, allowed: list[str] | None) -> Problem:
    """The problem of a framework's own HTTP error; `allowed` methods make the Allow header of a 405."""
    known = status if status in TITLES else 400
    detail = DETAILS.get(known, "The request cannot be read.")
    if not allowed:
        return Problem(known, detail)
    return Problem(known, detail, ("Allow", ", ".join(sorted(allowed))))
