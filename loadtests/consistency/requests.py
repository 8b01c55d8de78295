"""The requests of a load: what may be read, what is written, and which reads show a write."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from loadtests.consistency.history import Level, Watched
from loadtests.consistency.sightings import NAME, REPORT_DAYS

PAGE_LIMIT: Final = 3
# How often a route is read. The dashboard is ended by every write, and its four queries are the dearest of all.
WEIGHTS: Final = {"product": 5, "page": 4, "report": 4, "dashboard": 2, "uncached": 1}
# Fewer than the data set holds at its smallest.
CUSTOMERS: Final = 5000
EVERY_HOW_MANY_HAS_TWO_LINES: Final = 3
ORDERS: Final = "/api/orders"


class Request(msgspec.Struct, frozen=True):
    """A GET of one cached route; or a PATCH or an order, with the levels that it sets or adds.

    `key` names a write in the history.
    """

    route: str
    path: str
    method: str = "GET"
    body: bytes = b""
    key: str = ""
    levels: tuple[Level, ...] = ()
    headers: tuple[str, ...] = ()


def patch(member: str, product: int, level: int) -> Request:
    values: Mapping[str, object] = {
        "name": f"{NAME}{level}",
        "price": f"{level // 100}.{level % 100:02}",
        "stock": level,
    }
    body = msgspec.json.encode({member: values[member]})
    subject = f"{member}:{product}"
    return Request("patch", f"/api/products/{product}", "PATCH", body, f"{subject}={level}", ((subject, level),))


def fingerprint(order: int) -> tuple[int, int]:
    """Customer and quantity of an order: no two numbers below 1000 x CUSTOMERS share them."""
    return 1 + order % CUSTOMERS, 1 + order // CUSTOMERS


def order(number: int, run: str, watched: Watched) -> Request:
    customer, quantity = fingerprint(number)
    many = len(watched.sold)
    products = {watched.sold[number % many]}
    if number % EVERY_HOW_MANY_HAS_TWO_LINES == 0:
        products.add(watched.sold[(number + 1) % many])
    lines = [{"product_id": product, "quantity": quantity} for product in sorted(products)]
    body = msgspec.json.encode({"customer_id": customer, "lines": lines})
    key = f"{run}-{number}"
    levels = _added(products, quantity, watched)
    return Request("order", ORDERS, "POST", body, key, levels, (f"Idempotency-Key: {key}",))


def reads_of(watched: Watched) -> list[Request]:
    """The reads that together show every watched subject."""
    listed = {*watched.prices, *watched.names}
    products = [product_read(number) for number in sorted({*listed, *watched.stocks, *watched.sold})]
    pages = [read for number in sorted(listed) for read in page_reads(number, watched)]
    categories = sorted({watched.categories[number] for number in watched.sold})
    return [*products, *pages, *(report_read(category) for category in (None, *categories)), DASHBOARD]


def reads_that_show(write: Request, watched: Watched) -> list[Request]:
    reads = {DASHBOARD}
    for subject, _ in write.levels:
        kind, _, name = subject.partition(":")
        if kind in {"name", "price", "stock", "sold"}:
            reads.add(product_read(int(name)))
        if kind in {"name", "price"}:
            reads.update(page_reads(int(name), watched))
        if kind == "units":
            reads.add(report_read(None if name == "*" else name))
    return sorted(reads, key=lambda read: read.path)


def product_read(number: int) -> Request:
    return Request("product", f"/api/products/{number}")


def page_reads(number: int, watched: Watched) -> tuple[Request, Request]:
    """The two catalogue pages that begin with a product: of all, and of its category."""
    page = f"after={number - 1}&limit={PAGE_LIMIT}"
    category = watched.categories[number]
    return Request("page", f"/api/products?{page}"), Request("page", f"/api/products?category={category}&{page}")


def report_read(category: str | None) -> Request:
    only = f"&category={category}" if category else ""
    return Request("report", f"/api/reports/revenue?days={REPORT_DAYS}{only}")


DASHBOARD: Final = Request("dashboard", "/api/dashboard")
# No cache holds many of them, and every one is a long query.
UNCACHED: Final = [Request("uncached", f"/api/reports/revenue?days={days}") for days in range(1, 366)]


def _added(products: Iterable[int], quantity: int, watched: Watched) -> tuple[Level, ...]:
    added = Counter({"orders": 1})
    for product in products:
        for subject in (f"sold:{product}", f"bought:{product}", f"units:{watched.categories[product]}", "units:*"):
            added[subject] += quantity
    return tuple(added.items())
