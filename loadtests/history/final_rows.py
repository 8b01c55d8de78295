"""What the database holds before and after a load."""

from contextlib import closing
from typing import Final, Protocol

import msgspec

from compose.database_server import Connection
from loadtests.history.records import Watched

LAST_ORDER: Final = "SELECT COALESCE(MAX(id), 0) FROM orders"
ORDERS_SINCE: Final = """
SELECT o.id, o.customer_id, MIN(l.quantity), COUNT(*) FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.id > %s GROUP BY o.id, o.customer_id ORDER BY o.id"""
PRODUCT: Final = "SELECT name, CAST(price * 100 AS UNSIGNED), stock FROM products WHERE id = %s"


class Databases(Protocol):
    """What knows the combinations' databases, such as a stack."""

    def admin(self, database: str | None = None) -> Connection:
        """Gives a connection as root; the caller closes it."""

    def database(self, name: str) -> str:
        """Gives the name of a combination's database."""


class OrderRow(msgspec.Struct, frozen=True):
    """An order as the database holds it: by customer and quantity it is known which one of the load's it is."""

    id: int
    customer: int
    quantity: int
    lines: int


class ProductRow(msgspec.Struct, frozen=True):
    """A product as the database holds it; the price in cents."""

    name: str
    price: int
    stock: int


class FinalRows(msgspec.Struct, frozen=True):
    """The orders since the load began, and the watched products."""

    orders: tuple[OrderRow, ...]
    products: dict[int, ProductRow]


def last_order(stack: Databases, combination: str) -> int:
    """Gives the highest number of an order; to be asked before the load."""
    with closing(stack.admin(stack.database(combination))) as root, root.cursor() as cursor:
        cursor.execute(LAST_ORDER)
        return int((cursor.fetchone() or (0,))[0])


def final_rows(stack: Databases, combination: str, before: int, watched: Watched) -> FinalRows:
    """Gives the rows after the load, when the service writes no more; `before` is what `last_order` gave."""
    products: dict[int, ProductRow] = {}
    with closing(stack.admin(stack.database(combination))) as root, root.cursor() as cursor:
        cursor.execute(ORDERS_SINCE, (before,))
        orders = tuple(OrderRow(*map(int, row)) for row in cursor.fetchall())
        for number in {*watched.prices, *watched.names, *watched.stocks, *watched.sold}:
            cursor.execute(PRODUCT, (number,))
            name, price, stock = cursor.fetchone() or ("", 0, 0)
            products[number] = ProductRow(str(name), int(price), int(stock))
    return FinalRows(orders, products)
