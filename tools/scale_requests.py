"""A request per route, with keys from all rows at any SCALE, and the rows that it reads."""

import http.client
import json
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from random import Random
from typing import Final, NamedTuple

from compose.local.database_server import Connection
from compose.local.failures import StackError

# Routes that aggregate all orders of some days, so ten times the rows are ten times the work.
AGGREGATES: Final = ("revenue", "dashboard")
# How many times more the other routes may cost.
LIMIT: Final = 1.2
CATEGORIES: Final = ("books", "games", "beauty", "music", "garden")


class Request(NamedTuple):
    method: str
    path: str
    body: object = None
    status: int = 200


Draw = Callable[[int, Random], Request]


def _page(scale: int, random: Random) -> Request:
    return Request("GET", f"/api/products?after={random.randrange(1500 * scale)}")


def _page_of_category(scale: int, random: Random) -> Request:
    return Request("GET", f"/api/products?category={random.choice(CATEGORIES)}&after={random.randrange(1500 * scale)}")


def _product(scale: int, random: Random) -> Request:
    return Request("GET", f"/api/products/{random.randint(1, 2000 * scale)}")


def _update_product(scale: int, random: Random) -> Request:
    return Request("PATCH", _product(scale, random).path, {"price": f"{random.randint(100, 9999)}.00"})


def _order(scale: int, random: Random) -> Request:
    return Request("GET", f"/api/orders/{random.randint(1, 50000 * scale)}")


def _create_order(scale: int, random: Random) -> Request:
    products = random.sample([number for number in range(1, 2000 * scale) if number % 50 != 7], 3)
    lines = [{"product_id": number, "quantity": 1} for number in products]
    return Request("POST", "/api/orders", {"customer_id": random.randint(1, 5000 * scale), "lines": lines}, 201)


ROUTES: Final[Mapping[str, Draw]] = {
    "products": _page,
    "products_of_category": _page_of_category,
    "product": _product,
    "order": _order,
    "create_order": _create_order,
    "update_product": _update_product,
    "revenue": lambda *_: Request("GET", "/api/reports/revenue?days=105"),
    "dashboard": lambda *_: Request("GET", "/api/dashboard"),
}


def requests_of(route: str, scale: int, number: int) -> list[Request]:
    """The same requests each time."""
    random = Random(route)  # noqa: S311 (a load)
    return [ROUTES[route](scale, random) for _ in range(number)]


def ask(connection: http.client.HTTPConnection, requests: Iterable[Request]) -> None:
    """Raises StackError for another status; each order has a unique key."""
    for request in requests:
        _ask(connection, request)


def _ask(connection: http.client.HTTPConnection, request: Request) -> None:
    headers = {"Content-Type": "application/json"} if request.body else {}
    if request.method == "POST":
        headers["Idempotency-Key"] = f"scale-{next(_numbers)}"
    connection.request(request.method, request.path, json.dumps(request.body) if request.body else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != request.status:
        raise StackError(f"{request.method} {request.path}: {answer.status} {text.decode()}")


def rows_read(root: Connection, act: Callable[[], object]) -> int:
    """Rows that the whole server reads while `act` runs, without those of these queries.

    Not rows examined in performance_schema: MySQL leaves out the rows read by an aggregate.
    """
    counts = [_handler_reads(root), _handler_reads(root)]
    act()
    return _handler_reads(root) - counts[1] - (counts[1] - counts[0])


def _handler_reads(root: Connection) -> int:
    """Includes rows rejected by MariaDB's index condition, which it counts separately."""
    with root.cursor() as cursor:
        cursor.execute(
            "SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Handler\\_read\\_%' OR Variable_name = 'Handler_icp_attempts'"
        )
        return sum(int(number) for _, number in cursor.fetchall())


_numbers: Final = count(1)
