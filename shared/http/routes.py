"""The table of routes: both twins register it, and the OpenAPI document is made from it."""

from typing import Any, Final

import msgspec

from shared.http.parsing import CatalogueQuery, NoQuery, RevenueQuery
from shared.schema import (
    CataloguePage,
    Dashboard,
    Live,
    NewOrder,
    Order,
    Product,
    ProductPatch,
    Ready,
    RevenueReport,
)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is the OpenAPI operation id, the label in metrics and the key of the handler.

    `body` and `answer` are shapes; `answer` is None if the answer is not JSON from this service. `query` holds the
    parameters; None ignores them. `problems` are the documented error statuses.
    """

    name: str
    method: str
    path: str
    summary: str
    answer: Any = None
    body: Any = None
    query: Any = None
    status: int = 200
    cached: bool = False
    replayable: bool = False
    problems: tuple[int, ...] = ()

    @property
    def rule(self) -> str:
        """The path in the syntax of Flask and Quart."""
        return self.path.replace("{", "<").replace("}", ">")


def needs_a_place(path: str) -> bool:
    """Whether admission control applies; monitoring is always admitted."""
    return not path.startswith(("/health/", "/metrics", "/openapi.json"))


OVERLOAD = (503, 504)

ROUTES: Final = (
    Route(
        name="list_products",
        method="GET",
        path="/api/products",
        summary="A page of the catalogue, by keyset.",
        query=CatalogueQuery,
        answer=CataloguePage,
        cached=True,
        problems=(400, *OVERLOAD),
    ),
    Route(
        name="get_product",
        method="GET",
        path="/api/products/{product_id}",
        summary="One product.",
        query=NoQuery,
        answer=Product,
        cached=True,
        problems=(400, 404, *OVERLOAD),
    ),
    Route(
        name="patch_product",
        method="PATCH",
        path="/api/products/{product_id}",
        summary="Changes name, price or stock; answers the product as it now is.",
        query=NoQuery,
        body=ProductPatch,
        answer=Product,
        problems=(400, 404, 408, 413, 415, *OVERLOAD),
    ),
    Route(
        name="create_order",
        method="POST",
        path="/api/orders",
        summary="Places an order in one transaction.",
        query=NoQuery,
        body=NewOrder,
        answer=Order,
        status=201,
        replayable=True,
        problems=(400, 408, 409, 413, 415, 422, *OVERLOAD),
    ),
    Route(
        name="get_order",
        method="GET",
        path="/api/orders/{order_id}",
        summary="An order with its lines.",
        query=NoQuery,
        answer=Order,
        problems=(400, 404, *OVERLOAD),
    ),
    Route(
        name="revenue",
        method="GET",
        path="/api/reports/revenue",
        summary="Revenue and units by category and month over the last days.",
        query=RevenueQuery,
        answer=RevenueReport,
        cached=True,
        problems=(400, *OVERLOAD),
    ),
    Route(
        name="dashboard",
        method="GET",
        path="/api/dashboard",
        summary="Best sellers, low stock, latest orders and revenue by day.",
        query=NoQuery,
        answer=Dashboard,
        cached=True,
        problems=(400, *OVERLOAD),
    ),
    Route(
        name="live",
        method="GET",
        path="/health/live",
        summary="The process answers.",
        answer=Live,
    ),
    Route(
        name="ready",
        method="GET",
        path="/health/ready",
        summary="The process and its database answer.",
        answer=Ready,
        problems=OVERLOAD,
    ),
    Route(name="metrics", method="GET", path="/metrics", summary="Figures for Prometheus."),
    Route(name="openapi", method="GET", path="/openapi.json", summary="This document."),
)
