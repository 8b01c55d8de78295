"""An answer before a framework has it."""

from collections.abc import Sequence

import msgspec

JSON = "application/json"
encode = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True):
    """Status, body bytes and headers of one response."""

    status: int
    body: bytes
    headers: Sequence[tuple[str, str]] = ()
    content_type: str = JSON

    @property
    def all_headers(self) -> Sequence[tuple[str, str]]:
        """The headers with the content type among them."""
        return (("Content-Type", self.content_type), *self.headers)


def cached(body: bytes, state: str) -> Answer:
    """Gives a 200 whose `X-Cache` header says where the body came from."""
    return Answer(200, body, (("X-Cache", state),))
