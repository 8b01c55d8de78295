"""The revenue report and the dashboard, compared with sums computed here."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.support.combination import Combination, Json

DAY = "SELECT day FROM calendar"
SALES = """
SELECT o.day, c.name, l.product_id, l.quantity, l.unit_price
FROM order_lines l JOIN orders o ON o.id = l.order_id
JOIN products p ON p.id = l.product_id JOIN categories c ON c.id = p.category_id
WHERE o.day >= %s AND c.name LIKE %s"""
BY_DAY = """
SELECT o.day, c.name, SUM(l.quantity), SUM(l.quantity * l.unit_price)
FROM order_lines l JOIN orders o ON o.id = l.order_id
JOIN products p ON p.id = l.product_id JOIN categories c ON c.id = p.category_id
WHERE o.day >= %s AND c.name LIKE %s GROUP BY o.day, c.name"""
HEADS = "SELECT id, customer_id, CAST(day AS CHAR), total FROM orders WHERE day >= %s"
STOCKS = "SELECT id, name, stock FROM products"
MANY = 10


def last_day(combination: Combination) -> date:
    day: date = combination.rows(DAY)[0][0]
    return day


def summed(combination: Combination, first: date, category: str) -> list[Json]:
    units: Counter[tuple[str, str]] = Counter()
    revenue: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for day, name, sold, money in combination.rows(BY_DAY, first, category):
        units[name, f"{day:%Y-%m}"] += int(sold)
        revenue[name, f"{day:%Y-%m}"] += money
    return [
        {"category": name, "month": month, "units": units[name, month], "revenue": f"{total:.2f}"}
        for (name, month), total in sorted(revenue.items())
    ]


# The last two are of the whole shop and read in two pieces and in four.
REPORTS = [(1, None), (30, None), (31, "books"), (90, "toys"), (365, "food"), (134, None), (365, None)]


@pytest.mark.parametrize(("days", "category"), REPORTS)
def test_the_revenue_report_is_the_sum_of_its_sales(combination: Combination, days: int, category: str | None) -> None:
    report = combination.body(f"/api/reports/revenue?days={days}" + (f"&category={category}" if category else ""))
    last = last_day(combination)
    first = last - timedelta(days=days - 1)
    rows = report.pop("rows")
    assert report == {
        "from": first.isoformat(), "to": last.isoformat(), "days": days, "category": category
    }  # fmt: skip
    assert rows == summed(combination, first, category or "%")


def test_the_revenue_report_covers_thirty_days_by_default(
    combination: Combination,
) -> None:
    plain, asked = (combination.get(f"/api/reports/revenue{query}").content for query in ("", "?days=30"))
    assert plain == asked


def test_a_report_of_an_unknown_category_is_empty(combination: Combination) -> None:
    assert combination.body("/api/reports/revenue?category=nothing-of-ours")["rows"] == []


@pytest.mark.parametrize("category", [None, "of the product"])
def test_an_order_of_today_changes_every_report_that_includes_today(
    combination: Combination, category: str | None
) -> None:
    product = combination.body("/api/products/72")
    query = f"&category={product['category']}" if category else ""
    path = f"/api/reports/revenue?days=1{query}"

    def figures() -> tuple[int, Decimal]:
        rows = combination.body(path)["rows"]
        mine = [row for row in rows if row["category"] == product["category"]]
        return sum(row["units"] for row in mine), sum((Decimal(r["revenue"]) for r in mine), Decimal(0))

    units, revenue = figures()
    assert combination.order((72, 3)).status_code == 201
    assert figures() == (units + 3, revenue + 3 * Decimal(product["price"]))


def test_the_dashboard_is_computed_from_the_rows(combination: Combination) -> None:
    combination.order((73, 2))
    dashboard = combination.body("/api/dashboard")
    first = last_day(combination) - timedelta(days=29)
    stocks = combination.rows(STOCKS)
    heads = combination.rows(HEADS, first)
    low = sorted(stocks, key=lambda row: (row[2], row[0]))[:MANY]
    latest = sorted(heads, reverse=True)[:MANY]
    assert [tuple(each.values()) for each in dashboard["low_stock"]] == low
    assert [tuple(each.values()) for each in dashboard["latest_orders"]] == [
        (*row[:3], f"{row[3]:.2f}") for row in latest
    ]
    assert dashboard["best_sellers"] == best_sellers(combination, first)
    assert dashboard["revenue_by_day"] == by_day(heads)


def best_sellers(combination: Combination, first: date) -> list[Json]:
    names = {row[0]: row[1] for row in combination.rows(STOCKS)}
    units: Counter[int] = Counter()
    for row in combination.rows(SALES, first, "%"):
        units[row[2]] += row[3]
    most = sorted(units, key=lambda number: (-units[number], number))[:MANY]
    return [{"id": number, "name": names[number], "units": units[number]} for number in most]


def by_day(heads: list[tuple[int, int, str, Decimal]]) -> list[Json]:
    totals: defaultdict[str, list[Decimal]] = defaultdict(list)
    for _, _, day, total in heads:
        totals[day].append(total)
    return [{"day": day, "orders": len(money), "revenue": f"{sum(money):.2f}"} for day, money in sorted(totals.items())]
