"""The shapes of requests and answers; validation, encoding and the OpenAPI document are derived from them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import msgspec

MAX_ID = 4_294_967_295
MAX_ORDER_ID = 9_223_372_036_854_775_807
# The limit of column orders.total; fifty lines of the largest price and quantity would be five times as much.
MAX_TOTAL = Decimal("999999999999.99")

ProductId = Annotated[int, msgspec.Meta(ge=1, le=MAX_ID)]
CustomerId = Annotated[int, msgspec.Meta(ge=1, le=MAX_ID)]
Stock = Annotated[int, msgspec.Meta(ge=0, le=MAX_ID)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=1000)]
# In Python `$` also matches before a trailing newline, hence the `(?!\n)`, which OpenAPI's dialect knows as well.
# The driver and the database accept control characters; names must not contain them.
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$")]
Price = Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,7})\.[0-9]{2}(?!\n)$")]
Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}(?!\n)$")]


class ProductPatch(msgspec.Struct, forbid_unknown_fields=True):
    """The members of a product that a PATCH may change; at least one is required."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    price: Price | msgspec.UnsetType = msgspec.UNSET
    stock: Stock | msgspec.UnsetType = msgspec.UNSET


class NewOrderLine(msgspec.Struct, forbid_unknown_fields=True):
    """A product and the ordered quantity."""

    product_id: ProductId
    quantity: Quantity


class NewOrder(msgspec.Struct, forbid_unknown_fields=True):
    """An order as a client sends it."""

    customer_id: CustomerId
    lines: Annotated[
        list[NewOrderLine], msgspec.Meta(min_length=1, max_length=50, extra_json_schema={"uniqueItems": True})
    ]


class CatalogueItem(msgspec.Struct):
    """A product as the catalogue shows it."""

    id: int
    sku: str
    name: str
    category: str
    price: Decimal


class CataloguePage(msgspec.Struct):
    """A page of the catalogue; `next` is the `after` of the next page."""

    items: list[CatalogueItem]
    next: int | None


class Product(msgspec.Struct):
    """A product in full."""

    id: int
    sku: str
    name: str
    category: str
    price: Decimal
    stock: int
    updated_at: datetime


class OrderLine(msgspec.Struct):
    """A line of an order with the price it was sold at."""

    product_id: int
    quantity: int
    unit_price: Decimal


class Order(msgspec.Struct):
    """An order with its lines, by product id."""

    id: int
    customer_id: int
    day: date
    total: Decimal
    created_at: datetime
    lines: list[OrderLine]


class RevenueRow(msgspec.Struct):
    """Units and revenue of one category in one month."""

    category: str
    month: Month
    units: int
    revenue: Decimal


class RevenueReport(msgspec.Struct, rename={"first": "from", "last": "to"}):
    """Revenue by category and month over the days `from` to `to`, both included."""

    first: date
    last: date
    days: int
    category: str | None
    rows: list[RevenueRow]


class BestSeller(msgspec.Struct):
    """A product and the units of it sold in the last 30 days."""

    id: int
    name: str
    units: int


class LowStock(msgspec.Struct):
    """A product and its remaining stock."""

    id: int
    name: str
    stock: int


class LatestOrder(msgspec.Struct):
    """An order without its lines."""

    id: int
    customer_id: int
    day: date
    total: Decimal


class DayRevenue(msgspec.Struct):
    """Orders and revenue of one day."""

    day: date
    orders: int
    revenue: Decimal


class Dashboard(msgspec.Struct):
    """Four independent reads in one answer."""

    best_sellers: list[BestSeller]
    low_stock: list[LowStock]
    latest_orders: list[LatestOrder]
    revenue_by_day: list[DayRevenue]


class Live(msgspec.Struct):
    """The answer of /health/live."""

    status: str
    combination: str


class Ready(msgspec.Struct):
    """The answer of /health/ready; the cache is reported, not required."""

    status: str
    combination: str
    database: str
    cache: str


class ProblemBody(msgspec.Struct, kw_only=True):
    """Problem details, RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
