"""What the cache holds: the key of each cached route's value, its groups, and the groups that a write ends."""

from collections.abc import Iterable, Sequence

import msgspec

from shared.http.parsing import CatalogueQuery, RevenueQuery
from shared.schema import ProductPatch
from shared.shop.ordering import shows_in_catalogue

DASHBOARD_GROUP = "dashboard"


class Plan(msgspec.Struct, frozen=True):
    """What a cached route reads: the key of its value and the groups whose writes end the value."""

    key: str
    groups: tuple[str, ...]


def catalogue_plan(query: CatalogueQuery) -> Plan:
    """A catalogue page lives until a name or price of its category changes."""
    key = f"catalogue:{query.category or '*'}:{query.after}:{query.limit}"
    return Plan(key, (catalogue_group(query.category),))


def product_plan(number: int) -> Plan:
    """A product lives until it is patched or ordered."""
    return Plan(f"product:{number}", (product_group(number),))


def revenue_plan(query: RevenueQuery) -> Plan:
    """A report lives until its category is ordered from."""
    return Plan(f"revenue:{query.category or '*'}:{query.days}", (revenue_group(query.category),))


def dashboard_plan() -> Plan:
    """The dashboard lives until any write."""
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
