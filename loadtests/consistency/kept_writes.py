"""Finds acknowledged writes that are not in the database, and duplicate orders."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import msgspec

from compose.local.database_server import Connection
from compose.local.stack import Stack
from loadtests.consistency.history import History, Record, Watched
from loadtests.consistency.requests import FULL_STOCK, NAME, fingerprint

LAST_ORDER: Final = "SELECT COALESCE(MAX(id), 0) FROM orders"
ORDERS_SINCE: Final = """
SELECT o.id, o.customer_id, MIN(l.quantity) FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.id > %s GROUP BY o.id, o.customer_id ORDER BY o.id"""
PRODUCTS: Final = "SELECT id, name, CAST(price * 100 AS UNSIGNED), stock FROM products WHERE id IN %s"


class ProductRow(msgspec.Struct, frozen=True):
    """The price is in cents."""

    name: str
    price: int
    stock: int


class FinalRows(msgspec.Struct, frozen=True):
    """The orders since the load began, by number, and the watched products.

    An order is identified by its customer and quantity.
    """

    orders: dict[int, tuple[int, int]]
    products: dict[int, ProductRow]


def last_order(stack: Stack, combination: str) -> int:
    with closing(stack.admin(stack.database(combination))) as root:
        return int(query(root, LAST_ORDER)[0][0])


def final_rows(stack: Stack, combination: str, before: int, watched: Watched) -> FinalRows:
    """The rows after the load; `before` is the result of `last_order`."""
    numbers = [*watched.prices, *watched.names, *watched.stocks, *watched.sold]
    with closing(stack.admin(stack.database(combination))) as root:
        orders = {number: (customer, quantity) for number, customer, quantity in query(root, ORDERS_SINCE, before)}
        products = query(root, PRODUCTS, numbers) if numbers else ()
    return FinalRows(
        orders, {int(number): ProductRow(name, int(price), stock) for number, name, price, stock in products}
    )


def query(connection: Connection, statement: str, *values: object) -> tuple[tuple[Any, ...], ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall()


def lost_writes(history: History, rows: FinalRows) -> list[str]:
    return [*_lost_orders(history, rows), *_lost_patches(history, rows), *_lost_stock(history, rows)]


def duplicate_orders(history: History, rows: FinalRows) -> list[str]:
    """A line for every Idempotency-Key with several orders, or with answers that name different orders."""
    counts = Counter(rows.orders.values())
    named: defaultdict[str, set[int]] = defaultdict(set)
    for record in _orders(history):
        named[record.key] |= {record.made} if record.made else set()
    return [
        f"{key}: {counts[_fingerprint(key)]} orders in the database, {len(numbers)} in answers"
        for key, numbers in named.items()
        if max(counts[_fingerprint(key)], len(numbers)) > 1
    ]


def _lost_orders(history: History, rows: FinalRows) -> Iterator[str]:
    for record in _orders(history):
        if record.done and rows.orders.get(record.made) != _fingerprint(record.key):
            yield f"{record.key}: order {record.made} is {'another' if record.made in rows.orders else 'gone'}"


def _lost_patches(history: History, rows: FinalRows) -> Iterator[str]:
    last: dict[str, int] = {}
    unanswered: defaultdict[str, set[int]] = defaultdict(set)
    for record in history.writes:
        if record.route == "patch":
            ((subject, level),) = record.levels
            last[subject] = max(last.get(subject, 0), level) if record.done else last.get(subject, 0)
            unanswered[subject] |= set() if record.done else {level}
    for subject, level in last.items():
        final = _level(subject, rows)
        if level and final != level and final not in unanswered[subject]:
            yield f"{subject}: {level} was acknowledged last, the database has {final}"


def _lost_stock(history: History, rows: FinalRows) -> Iterator[str]:
    lines = {_fingerprint(record.key): record.levels for record in _orders(history)}
    taken: Counter[str] = Counter()
    for order in rows.orders.values():
        taken.update(dict(lines.get(order, ())))
    for number in history.watched.sold:
        missing = FULL_STOCK - rows.products[number].stock
        if missing != taken[f"sold:{number}"]:
            yield f"sold:{number}: {taken[f'sold:{number}']} by the orders, {missing} by the stock"


def _level(subject: str, rows: FinalRows) -> int | None:
    member, _, number = subject.partition(":")
    row = rows.products[int(number)]
    if member == "name":
        return int(row.name.removeprefix(NAME)) if row.name.startswith(NAME) else None
    return row.price if member == "price" else row.stock


def _orders(history: History) -> Iterator[Record]:
    return (record for record in history.writes if record.route == "order")


def _fingerprint(key: str) -> tuple[int, int]:
    return fingerprint(int(key.rpartition("-")[2]))
