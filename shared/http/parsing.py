"""Parsing and validation of requests; invalid ones raise a 400, 404, 413 or 415."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from shared.http.errors import DETAILS, Problem
from shared.schema import MAX_ID, MAX_ORDER_ID, NewOrder, ProductPatch

MAX_BODY = 64 * 1024
# A body that is too large is read up to this size, so that the connection can be kept alive after the 413.
MAX_READ = 1024 * 1024
MAX_REPORT_DAYS = 365

Category = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,39}(?!\n)$")]
T = TypeVar("T")


class Body(msgspec.Struct, frozen=True):
    """The raw body of a request; `announced` is its Content-Length in bytes."""

    content_type: str | None
    announced: int | None
    data: bytes


class CatalogueQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keyset pagination: `limit` products with ids above `after`."""

    category: Category | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=MAX_ID)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class RevenueQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last `days` days, for one category or all."""

    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_REPORT_DAYS)] = 30
    category: Category | None = None


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route without parameters."""


WHOLE_NUMBER = re.compile("-?[0-9]{1,20}", re.ASCII)
# No comma: servers may join repeated headers with one.
KEY_PATTERN = re.compile("[!-+.-~-]{1,255}", re.ASCII)
ID_PATTERN = re.compile("[0-9]{1,19}", re.ASCII)

_patch_decoder = msgspec.json.Decoder(ProductPatch)
_order_decoder = msgspec.json.Decoder(NewOrder)


def catalogue_query(text: bytes) -> CatalogueQuery:
    return _query(text, CatalogueQuery)


def revenue_query(text: bytes) -> RevenueQuery:
    return _query(text, RevenueQuery)


def no_query(text: bytes) -> None:
    if text:
        _query(text, NoQuery)


def product_id(text: str) -> int:
    return _id(text, MAX_ID, "product")


def order_id(text: str) -> int:
    return _id(text, MAX_ORDER_ID, "order")


def product_patch(body: Body) -> ProductPatch:
    """Raises a 400, 413 or 415."""
    patch: ProductPatch = _decoded(_patch_decoder, body)
    if patch == ProductPatch():
        raise Problem(400, "The body changes nothing: set name, price or stock.")
    return patch


def new_order(body: Body) -> NewOrder:
    """Lines are sorted by product id; raises a 400, 413 or 415."""
    order: NewOrder = _decoded(_order_decoder, body)
    order.lines.sort(key=lambda line: line.product_id)
    for line, following in zip(order.lines, order.lines[1:], strict=False):
        if line.product_id == following.product_id:
            raise Problem(400, f"The product {line.product_id} is in the order twice.")
    return order


def idempotency_key(keys: Sequence[str]) -> str | None:
    """The Idempotency-Key header, if there is one; raises a 400 for a malformed or repeated one."""
    if not keys:
        return None
    if len(keys) > 1 or not KEY_PATTERN.fullmatch(keys[0]):
        raise Problem(400, "Idempotency-Key must be one of 1 to 255 visible ASCII characters but the comma.")
    return keys[0]


def _query(text: bytes, shape: type[T]) -> T:
    values: dict[str, str | int] = {}
    for name, value in parse_qsl(text.decode("latin-1"), keep_blank_values=True):
        if name in values:
            raise Problem(400, f"The query parameter `{name[:40]}` is given twice.")
        values[name] = int(value) if name != "category" and WHOLE_NUMBER.fullmatch(value) else value
    try:
        return msgspec.convert(values, shape)
    except msgspec.ValidationError as error:
        raise Problem(400, f"Bad query parameter: {_printable(error)}.") from None


def _id(text: str, largest: int, what: str) -> int:
    if not ID_PATTERN.fullmatch(text) or not 1 <= int(text) <= largest:
        raise Problem(404, f"There is no such {what}.")
    return int(text)


def _decoded(decoder: msgspec.json.Decoder[Any], body: Body) -> Any:
    if len(body.data) > MAX_BODY:
        raise Problem(413, DETAILS[413])
    if len(body.data) < (body.announced or 0):
        raise Problem(400, "The body is shorter than its Content-Length.")
    if (body.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "The body must be application/json.")
    try:
        return decoder.decode(body.data)
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"The body is not as documented: {_printable(error)}.") from None


def _printable(error: Exception) -> str:
    """Escaped and cut, because a message may contain the client's text."""
    return str(error).encode("ascii", "backslashreplace").decode("ascii")[:200]
