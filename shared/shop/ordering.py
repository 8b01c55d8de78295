"""What can be decided about a write without waiting: is it possible, what does it cost, what does a replay say."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from shared.database.outcomes import Committed, Outcome, Refused, Unknown
from shared.http.answer import Answer
from shared.http.errors import Problem, unavailable
from shared.schema import MAX_TOTAL, NewOrder, ProductPatch
from shared.shop.answers import Row, Rows


class Draft(msgspec.Struct, frozen=True):
    """An order that may be written: its day and moment, its lines (product, quantity, unit price)."""

    customer_id: int
    day: date
    total: Decimal
    created_at: datetime
    lines: tuple[tuple[int, int, Decimal], ...]


class Written(msgspec.Struct, frozen=True):
    """A write that was committed, or may have been: its answer, and the cache groups that it touched."""

    answer: Answer
    touched: Sequence[str] = ()


def product_ids(order: NewOrder) -> tuple[int, ...]:
    """Gives the ids to lock, in rising order."""
    return tuple(line.product_id for line in order.lines)


def draft(order: NewOrder, customers: Rows, products: Rows) -> Draft:
    """The order to write; raises a 422 for what is unknown or a total too large, a 409 when stock is short."""
    if not customers:
        raise Problem(422, f"There is no customer {order.customer_id}.")
    found = {row[0]: row for row in products}
    for line in order.lines:
        _check(line.product_id, line.quantity, found.get(line.product_id))
    lines = tuple((n.product_id, n.quantity, found[n.product_id][1]) for n in order.lines)
    day, now = customers[0]
    total = sum((quantity * price for _, quantity, price in lines), Decimal("0.00"))
    if total > MAX_TOTAL:
        raise Problem(422, f"The order comes to {total}; at most {MAX_TOTAL} can be ordered at once.")
    return Draft(order.customer_id, day, total, now, lines)


def order_values(written: Draft) -> tuple[Any, ...]:
    """Gives the values of INSERT_ORDER."""
    return (written.customer_id, written.day, written.total, written.created_at)


def line_values(number: int, written: Draft) -> tuple[Any, ...]:
    """Gives the values of all lines, one after the other, for a single INSERT."""
    return tuple(value for line in written.lines for value in (number, *line))


def request_hash(order: NewOrder) -> str:
    """Gives 64 hexadecimal digits that are equal for equal orders, whatever their spelling."""
    # Text and not bytes: aiomysql cannot escape bytes with today's PyMySQL under it.
    return sha256(msgspec.json.encode(order)).hexdigest()


def location(number: int) -> str:
    """Gives the address of an order."""
    return f"/api/orders/{number}"


def created(number: int, body: bytes) -> Answer:
    """Gives the answer to a new order."""
    return Answer(201, body, (("Location", location(number)),))


def changed(body: bytes) -> Answer:
    """Gives the answer to a changed product."""
    return Answer(200, body)


def stored_values(answer: Answer) -> tuple[Any, ...]:
    """Gives the values of STORE_ANSWER but for the key."""
    return (answer.status, dict(answer.headers)["Location"], answer.body.decode())


def replay(row: Row, wanted: str) -> Answer:
    """Gives the stored answer again; raises a 422 when the key was used for another body."""
    stored_hash, status, place, body = row
    if stored_hash != wanted:
        raise Problem(422, "This Idempotency-Key was used with another body.")
    if status is None:
        raise unavailable("The first request with this Idempotency-Key is not finished.")
    return Answer(int(status), body.encode(), (("Location", place),))


def concluded(outcome: Outcome[Written]) -> Written:
    """The answer to a write, known or unknown, and what it touched; raises the problem of a refused one."""
    match outcome:
        case Committed(written):
            return written
        case Unknown(written, problem):
            return Written(problem.answer(), written.touched)
        case Refused(problem):
            raise problem


def patch_values(patch: ProductPatch, number: int) -> tuple[Any, ...]:
    """Gives the values of CHANGE_PRODUCT; NULL leaves a column as it is."""
    given = (patch.name, patch.price, patch.stock)
    return (*(None if value is msgspec.UNSET else value for value in given), number)


def shows_in_catalogue(patch: ProductPatch) -> bool:
    """Tells whether a catalogue page can look different after the patch."""
    return patch.name is not msgspec.UNSET or patch.price is not msgspec.UNSET


def _check(number: int, quantity: int, row: Row | None) -> None:
    if row is None:
        raise Problem(422, f"There is no product {number}.")
    if row[2] < quantity:
        raise Problem(409, f"The product {number} has {row[2]} left, {quantity} are wanted.")
