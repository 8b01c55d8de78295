"""Requests from the outside into checked values; everything else is a 400, 404, 413 or 415."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from shared.http.errors import DETAILS, Problem
from shared.schema import MAX_ID, MAX_ORDER_ID, NewOrder, ProductPatch

MAX_BODY = 64 * 1024
# Larger bodies are read up to here before they are refused, so that the connection can go on.
MAX_READ = 1024 * 1024
MAX_REPORT_DAYS = 365

Category = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,39}(?!\n)$")]
T = TypeVar("T")


class Body(msgspec.Struct, frozen=True):
    """The body of a request as it came, its type and the length that was announced, in bytes."""

    content_type: str | None
    announced: int | None
    data: bytes


class CatalogueQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of the catalogue: `limit` products with ids above `after`."""

    category: Category | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=MAX_ID)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class RevenueQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which revenue report: the last `days` days, of one category or of all."""

    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_REPORT_DAYS)] = 30
    category: Category | None = None


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters at all."""


WHOLE_NUMBER = re.compile("-?[0-9]{1,20}", re.ASCII)
# No comma: one header sent twice may reach us joined by it.
KEY_PATTERN = re.compile("[!-+.-~-]{1,255}", re.ASCII)
ID_PATTERN = re.compile("[0-9]{1,19}", re.ASCII)

_patch_decoder = msgspec.json.Decoder(ProductPatch)
_order_decoder = msgspec.json.Decoder(NewOrder)


def catalogue_query(text: bytes) -> CatalogueQuery:
    """Gives the page asked for; raises a 400 that names the parameter."""
    return _query(text, CatalogueQuery)


def revenue_query(text: bytes) -> RevenueQuery:
    """Gives the report asked for; raises a 400 that names the parameter."""
    return _query(text, RevenueQuery)


def no_query(text: bytes) -> None:
    """Raises a 400 when a parameter is given where none is known."""
    if text:
        _query(text, NoQuery)


def product_id(text: str) -> int:
    """Gives the id in a path; raises a 404 for what cannot be one."""
    return _id(text, MAX_ID, "product")


def order_id(text: str) -> int:
    """Gives the id in a path; raises a 404 for what cannot be one."""
    return _id(text, MAX_ORDER_ID, "order")


def product_patch(body: Body) -> ProductPatch:
    """Gives the change asked for; raises a 400 or 415."""
    patch: ProductPatch = _decoded(_patch_decoder, body)
    if patch == ProductPatch():
        raise Problem(400, "The body changes nothing: give name, price or stock.")
    return patch


def new_order(body: Body) -> NewOrder:
    """Gives the order asked for, its lines by product id; raises a 400 or 415."""
    order: NewOrder = _decoded(_order_decoder, body)
    order.lines.sort(key=lambda line: line.product_id)
    for line, following in zip(order.lines, order.lines[1:], strict=False):
        if line.product_id == following.product_id:
            raise Problem(400, f"The product {line.product_id} is in the order twice.")
    return order


def idempotency_key(keys: Sequence[str]) -> str | None:
    """Gives the key of a write if it has one; raises a 400 for an unusable one, or two."""
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
    """Parts of a message may be the client's own text, so it is kept short and plain."""
    return str(error).encode("ascii", "backslashreplace").decode("ascii")[:200]
