"""Cache keys and groups of the cached routes, and the groups that each write invalidates."""

from collections.abc import Iterable, Sequence

import msgspec

from shared.http.parsing import CatalogueQuery, RevenueQuery
from shared.schema import ProductPatch
from shared.shop.ordering import shows_in_catalogue

DASHBOARD_GROUP = "dashboard"


class Plan(msgspec.Struct, frozen=True):
    """The key of a cached value and the groups whose writes invalidate it."""

    key: str
    groups: tuple[str, ...]


def catalogue_plan(query: CatalogueQuery) -> Plan:
    """Invalidated by a change of name or price in the category."""
    key = f"catalogue:{query.category or '*'}:{query.after}:{query.limit}"
    return Plan(key, (catalogue_group(query.category),))


def product_plan(number: int) -> Plan:
    """Invalidated by a patch or an order of the product."""
    return Plan(f"product:{number}", (product_group(number),))


def revenue_plan(query: RevenueQuery) -> Plan:
    """Invalidated by an order in the category."""
    return Plan(f"revenue:{query.category or '*'}:{query.days}", (revenue_group(query.category),))


def dashboard_plan() -> Plan:
    """Invalidated by every write."""
    return Plan("dashboard", (DASHBOARD_GROUP,))


def touched_by_patch(number: int, category: str, patch: ProductPatch) -> tuple[str, ...]:
    groups = (product_group(number), DASHBOARD_GROUP)
    if not shows_in_catalogue(patch):
        return groups
    return (*groups, catalogue_group(category), catalogue_group(None))


def touched_by_order(numbers: Sequence[int], categories: Iterable[str]) -> tuple[str, ...]:
    products = [product_group(number) for number in numbers]
    reports = [revenue_group(category) for category in sorted(set(categories))]
    return (*products, *reports, revenue_group(None), DASHBOARD_GROUP)


def catalogue_group(category: str | None) -> str:
    return f"catalogue:{category or '*'}"


def product_group(number: int) -> str:
    return f"product:{number}"


def revenue_group(category: str | None) -> str:
    return f"revenue:{category or '*'}"
