"""Rows of the database, encoded as the bodies of answers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.http.answer import Answer, encode
from shared.http.errors import Problem, unavailable
from shared.http.parsing import CatalogueQuery, RevenueQuery
from shared.schema import (
    BestSeller,
    CatalogueItem,
    CataloguePage,
    Dashboard,
    DayRevenue,
    LatestOrder,
    Live,
    LowStock,
    Order,
    OrderLine,
    Product,
    Ready,
    RevenueReport,
    RevenueRow,
)

Row = tuple[Any, ...]
Rows = Sequence[Row]
Days = tuple[date, date]

PIECE_MONTHS = 3


def catalogue(query: CatalogueQuery, rows: Rows) -> bytes:
    """`rows` may hold one row more than the page: then there is a next page."""
    items = [CatalogueItem(*row) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    return encode(CataloguePage(items, items[-1].id if more else None))


def product(rows: Rows) -> bytes:
    """Raises a 404 without a row."""
    if not rows:
        raise Problem(404, "There is no such product.")
    *members, updated_at = rows[0]
    return encode(Product(*(*members, _utc(updated_at))))


def category_of(rows: Rows) -> str:
    """`rows` as for `product`."""
    return str(rows[0][3])


def order(rows: Rows) -> bytes:
    """`rows` hold one order line each; raises a 404 without a row."""
    if not rows:
        raise Problem(404, "There is no such order.")
    number, customer_id, day, total, created_at = rows[0][:5]
    lines = [OrderLine(*row[5:]) for row in rows]
    return encode(Order(number, customer_id, day, total, _utc(created_at), lines))


def report_days(query: RevenueQuery, last: date) -> Days:
    """First and last day of a report, both included."""
    return last - timedelta(days=query.days - 1), last


def report_pieces(days: Days) -> list[Days]:
    """Split the days at ends of months into pieces of at most three months, one statement each.

    One statement over all of them would exceed STATEMENT_TIMEOUT, which is shorter than REQUEST_TIMEOUT. No row of the
    report is in two pieces, and only the last piece can change meanwhile: a new order is dated on the last day.
    """
    first, last = days
    pieces: list[Days] = []
    while (ends := _months_later(first, PIECE_MONTHS) - timedelta(days=1)) < last:
        pieces.append((first, ends))
        first = ends + timedelta(days=1)
    return [*pieces, (first, last)]


def revenue(query: RevenueQuery, days: Days, rows: Rows) -> bytes:
    """`rows` are those of all pieces, in any order."""
    lines = [RevenueRow(name, month, int(units), money) for name, month, units, money in sorted(rows)]
    return encode(RevenueReport(*days, query.days, query.category, lines))


def dashboard(best_sellers: Rows, low_stock: Rows, latest: Rows, by_day: Rows) -> bytes:
    return encode(
        Dashboard(
            [BestSeller(number, name, int(units)) for number, name, units in best_sellers],
            [LowStock(*row) for row in low_stock],
            [LatestOrder(*row) for row in latest],
            [DayRevenue(*row) for row in by_day],
        )
    )


def live(combination: str) -> Answer:
    return Answer(200, encode(Live("ok", combination)))


def ready(combination: str, rows: Rows, cache: str) -> Answer:
    """Raises a 503 when `rows` is empty: the database is not seeded."""
    if not rows:
        raise unavailable("The database holds no data set yet.")
    return Answer(200, encode(Ready("ok", combination, "ok", cache)))


def _months_later(day: date, months: int) -> date:
    """The first day of the month, `months` after the month of `day`."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
