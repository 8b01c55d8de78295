"""What an answer shows of the watched subjects."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from loadtests.consistency.history import Level, Watched
from shared.schema import CataloguePage, Dashboard, Product, RevenueReport

NAME: Final = "Version "
# What an ordered product's stock is set to at the beginning: more than any load takes from it.
FULL_STOCK: Final = 4_000_000_000
REPORT_DAYS: Final = 2


def levels_in(route: str, body: bytes, watched: Watched) -> tuple[Level, ...]:
    """The level of every watched subject in the answer of a route.

    Raises DecodeError for another shape than the route's, ValueError for a name that nobody wrote.
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
