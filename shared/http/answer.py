"""The answer of a handler, independent of the framework."""

from collections.abc import Sequence

import msgspec

JSON = "application/json"
encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    headers: Sequence[tuple[str, str]] = ()
    content_type: str = JSON

    @property
    def all_headers(self) -> Sequence[tuple[str, str]]:
        """Includes Content-Type."""
        return (("Content-Type", self.content_type), *self.headers)


def cached(body: bytes, state: str) -> Answer:
    """A 200 with `state` as its X-Cache header."""
    return Answer(200, body, (("X-Cache", state),))
