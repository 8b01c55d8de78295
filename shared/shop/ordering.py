"""The rules of writes: validity and total of an order, values of the statements, replay by idempotency key."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import msgspec

from shared.database.outcomes import Committed, Outcome, Refused, Unknown
from shared.http.answer import Answer
from shared.http.errors import Problem, unavailable
from shared.schema import MAX_TOTAL, NewOrder, ProductPatch
from shared.shop.answers import Row, Rows


class Draft(msgspec.Struct, frozen=True):
    """A valid order before its INSERT; `lines` are (product id, quantity, unit price)."""

    customer_id: int
    day: date
    total: Decimal
    created_at: datetime
    lines: tuple[tuple[int, int, Decimal], ...]


class Written(msgspec.Struct, frozen=True):
    """The answer to a write that was committed or may have been, and the cache groups to invalidate."""

    answer: Answer
    touched: Sequence[str] = ()


def product_ids(order: NewOrder) -> tuple[int, ...]:
    """In ascending order, in which they are locked."""
    return tuple(line.product_id for line in order.lines)


def draft(order: NewOrder, customers: Rows, products: Rows) -> Draft:
    """Price an order; raises a 422 for an unknown customer or product or too large a total, a 409 for lack of stock."""
    if not customers:
        raise Problem(422, f"There is no customer {order.customer_id}.")
    by_id = {row[0]: row for row in products}
    for line in order.lines:
        _check(line.product_id, line.quantity, by_id.get(line.product_id))
    lines = tuple((line.product_id, line.quantity, by_id[line.product_id][1]) for line in order.lines)
    day, now = customers[0]
    total = sum((quantity * price for _, quantity, price in lines), Decimal("0.00"))
    if total > MAX_TOTAL:
        raise Problem(422, f"The order comes to {total}; at most {MAX_TOTAL} can be ordered at once.")
    return Draft(order.customer_id, day, total, now, lines)


def order_values(written: Draft) -> tuple[object, ...]:
    return (written.customer_id, written.day, written.total, written.created_at)


def line_values(number: int, written: Draft) -> tuple[object, ...]:
    """The values of `insert_lines`, flat."""
    return tuple(value for line in written.lines for value in (number, *line))


def request_hash(order: NewOrder) -> str:
    """SHA-256 in hex of the decoded order, so that white space and the order of members do not matter."""
    # Hex, because aiomysql cannot escape bytes with current PyMySQL.
    return sha256(msgspec.json.encode(order)).hexdigest()


def location(number: int) -> str:
    return f"/api/orders/{number}"


def created(number: int, body: bytes) -> Answer:
    return Answer(201, body, (("Location", location(number)),))


def changed(body: bytes) -> Answer:
    return Answer(200, body)


def stored_values(answer: Answer) -> tuple[object, ...]:
    """The values of STORE_ANSWER without the key."""
    return (answer.status, dict(answer.headers)["Location"], answer.body.decode())


def replay(row: Row, request: str) -> Answer:
    """The stored answer; raises a 422 when the key belongs to another body, a 503 while the first is in progress."""
    stored_hash, status, place, body = row
    if stored_hash != request:
        raise Problem(422, "This Idempotency-Key was used with another body.")
    if status is None:
        raise unavailable("The first request with this Idempotency-Key is not finished.")
    return Answer(int(status), body.encode(), (("Location", place),))


def concluded(outcome: Outcome[Written]) -> Written:
    """Raises the problem of a refused write; an unknown one is answered by its problem and still invalidates."""
    match outcome:
        case Committed(written):
            return written
        case Unknown(written, problem):
            return Written(problem.answer(), written.touched)
        case Refused(problem):
            raise problem


def patch_values(patch: ProductPatch, number: int) -> tuple[object, ...]:
    """The values of CHANGE_PRODUCT; NULL leaves a column unchanged."""
    members = (patch.name, patch.price, patch.stock)
    return (*(None if value is msgspec.UNSET else value for value in members), number)


def shows_in_catalogue(patch: ProductPatch) -> bool:
    """Whether the patch can change a catalogue page."""
    return patch.name is not msgspec.UNSET or patch.price is not msgspec.UNSET


def _check(number: int, quantity: int, row: Row | None) -> None:
    if row is None:
        raise Problem(422, f"There is no product {number}.")
    if row[2] < quantity:
        raise Problem(409, f"The product {number} has {row[2]} left, {quantity} are wanted.")
