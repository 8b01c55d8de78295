"""The requests of a load: reads and writes, the reads that show a write, and the levels in their answers."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from loadtests.consistency.history import Level, Watched
from shared.schema import CataloguePage, Dashboard, Product, RevenueReport

PAGE_LIMIT: Final = 3
# Weights of the reads. Every write invalidates the dashboard, and its four queries are the most expensive.
WEIGHTS: Final = {"product": 5, "page": 4, "report": 4, "dashboard": 2, "uncached": 1}
# Fewer than in the smallest data set.
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
    """Customer and quantity of an order, unique for numbers below 1000 x CUSTOMERS."""
    return 1 + order % CUSTOMERS, 1 + order // CUSTOMERS


def order(number: int, run: str, watched: Watched) -> Request:
    customer, quantity = fingerprint(number)
    count = len(watched.sold)
    products = {watched.sold[number % count]}
    if number % EVERY_HOW_MANY_HAS_TWO_LINES == 0:
        products.add(watched.sold[(number + 1) % count])
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
# Too many for the cache, and each is a long query.
UNCACHED: Final = [Request("uncached", f"/api/reports/revenue?days={days}") for days in range(1, 366)]


def _added(products: Iterable[int], quantity: int, watched: Watched) -> tuple[Level, ...]:
    added = Counter({"orders": 1})
    for product in products:
        for subject in (f"sold:{product}", f"bought:{product}", f"units:{watched.categories[product]}", "units:*"):
            added[subject] += quantity
    return tuple(added.items())


NAME: Final = "Version "
# The initial stock of ordered products: more than any load takes.
FULL_STOCK: Final = 4_000_000_000
REPORT_DAYS: Final = 2


def levels_in(route: str, body: bytes, watched: Watched) -> tuple[Level, ...]:
    """The level of every watched subject in an answer.

    Raises DecodeError for an answer of another shape, ValueError for a name that was never written.
    """
    shape, find = SHOWN[route]
    return tuple(find(msgspec.json.decode(body, type=shape), watched))


def cents(price: Decimal) -> int:
    return int(price * 100)


def _product(shown: Product, watched: Watched) -> Iterator[Level]:
    number = shown.id
    yield from _item(number, shown.name, shown.price, watched)
    if number in watched.stocks:
        yield f"stock:{number}", shown.stock
    if number in watched.sold:
        yield f"sold:{number}", FULL_STOCK - shown.stock


def _page(shown: CataloguePage, watched: Watched) -> Iterator[Level]:
    for item in shown.items:
        yield from _item(item.id, item.name, item.price, watched)


def _item(number: int, name: str, price: Decimal, watched: Watched) -> Iterator[Level]:
    if number in watched.names:
        yield f"name:{number}", int(name.removeprefix(NAME))
    if number in watched.prices:
        yield f"price:{number}", cents(price)


def _report(shown: RevenueReport, watched: Watched) -> Iterator[Level]:
    if shown.category is None or shown.category in watched.categories.values():
        yield f"units:{shown.category or '*'}", sum(row.units for row in shown.rows)


def _dashboard(shown: Dashboard, watched: Watched) -> Iterator[Level]:
    for seller in shown.best_sellers:
        if seller.id in watched.names:
            yield f"name:{seller.id}", int(seller.name.removeprefix(NAME))
        if seller.id in watched.sold:
            yield f"bought:{seller.id}", seller.units
    for low in shown.low_stock:
        if low.id in watched.stocks:
            yield f"stock:{low.id}", low.stock
    yield "orders", shown.revenue_by_day[-1].orders if shown.revenue_by_day else 0


SHOWN: Final[dict[str, tuple[type[Any], Callable[[Any, Watched], Iterator[Level]]]]] = {
    "product": (Product, _product),
    "page": (CataloguePage, _page),
    "report": (RevenueReport, _report),
    "dashboard": (Dashboard, _dashboard),
    "uncached": (RevenueReport, lambda *_: iter(())),
}
