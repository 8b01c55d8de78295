"""Answers of the API's shapes, computed from the request alone."""

import re
from typing import Any, TypeAlias

Body: TypeAlias = dict[str, Any]

PAGE_SIZE = 20
LAST_PRODUCT = 2000
STAMP = "2026-06-30T00:00:00Z"
DAY = "2026-06-30"
PRICE = "12.30"


def answer_of(method: str, path: str, query: dict[str, str], sent: Body) -> tuple[int, Body, bool]:
    """(status, body, whether the route is cached)."""
    if path == "/api/products":
        return 200, _page(query), True
    if path == "/api/reports/revenue":
        return 200, _revenue(query), True
    if path == "/api/dashboard":
        return 200, _dashboard(), True
    if path == "/api/orders":
        return 201, _order(700, sent["customer_id"], sent["lines"]), False
    match = re.fullmatch(r"/api/(products|orders)/(\d+)", path)
    assert match is not None, f"the journeys know no {method} {path}"
    number = int(match[2])
    if match[1] == "orders":
        return 200, _order(number, 1, [{"product_id": 3, "quantity": 2}]), False
    return 200, _product(number) | sent, method == "GET"


def _product(number: int, category: str = "books") -> Body:
    return {
        "id": number,
        "sku": f"SKU-{number}",
        "name": f"Product {number}",
        "category": category,
        "price": PRICE,
        "stock": 10,
        "updated_at": STAMP,
    }


def _page(query: dict[str, str]) -> Body:
    after = int(query.get("after", "0"))
    category = query.get("category", "books")
    numbers = range(after + 1, min(after + PAGE_SIZE, LAST_PRODUCT) + 1)
    items = [_product(number, category) for number in numbers]
    return {"items": items, "next": numbers[-1] if numbers[-1] < LAST_PRODUCT else None}


def _revenue(query: dict[str, str]) -> Body:
    category = query.get("category")
    row = {"category": category or "books", "month": "2026-06", "units": 3, "revenue": "36.90"}
    period = {"from": "2026-01-01", "to": DAY, "days": int(query.get("days", "30"))}
    return {**period, "category": category, "rows": [row]}


def _dashboard() -> Body:
    lists = ("best_sellers", "low_stock", "latest_orders", "revenue_by_day")
    return {name: [{"id": 1}] for name in lists}


def _order(number: int, customer: int, lines: list[Body]) -> Body:
    priced = [line | {"unit_price": PRICE} for line in lines]
    cents = sum(line["quantity"] for line in lines) * int(PRICE.replace(".", ""))
    total = f"{cents // 100}.{cents % 100:02}"
    head = {"id": number, "customer_id": customer, "day": DAY, "total": total}
    return {**head, "created_at": STAMP, "lines": priced}
