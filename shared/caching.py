"""The policy of the cache: keys, groups, stamps, lifetimes and decisions. No I/O.

A value carries the stamps of its groups. A reader that finds a stamp missing makes one *before* it reads the
database; a writer deletes the stamps of what it touched after its commit and before its answer. A value counts only
while all its stamps are the current ones, so a page computed from rows read before a write can never be served to
a reader that starts after that write was answered. Stamps are random: a counter that is evicted would start
again and bring old pages back.

Single flight, leases, early refresh and the breaker are decided here too once they exist; a flight is to be keyed
by key *and* stamps (`Found.stamps`).
"""

from collections.abc import Iterable, Sequence
from random import random
from secrets import token_bytes
from typing import Any

import msgspec

from shared.ordering import shows_in_catalogue
from shared.parsing import CatalogueQuery, RevenueQuery
from shared.schema import ProductPatch

LIFETIME = 60.0
JITTER = 0.1
STAMP_LIFETIME = 24 * 3600
STAMP_LENGTH = 8
DASHBOARD_GROUP = "dashboard"


class Plan(msgspec.Struct, frozen=True):
    """What a cached route reads: the key of its value and the groups whose writes end the value."""

    key: str
    groups: tuple[str, ...]


class Found(msgspec.Struct):
    """What one MGET gave: the body if it counts, and the stamp of each group, None where there is none yet."""

    body: bytes | None
    stamps: list[bytes | None]


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
    """Gives the groups that a PATCH ends."""
    groups = (product_group(number), DASHBOARD_GROUP)
    if not shows_in_catalogue(patch):
        return groups
    return (*groups, catalogue_group(category), catalogue_group(None))


def touched_by_order(numbers: Sequence[int], categories: Iterable[str]) -> tuple[str, ...]:
    """Gives the groups that an order of these products, in these categories, ends."""
    products = [product_group(number) for number in numbers]
    reports = [revenue_group(category) for category in sorted(set(categories))]
    return (*products, *reports, revenue_group(None), DASHBOARD_GROUP)


def catalogue_group(category: str | None) -> str:
    """Gives the group of a category's catalogue pages, or of the pages over all categories."""
    return f"catalogue:{category or '*'}"


def product_group(number: int) -> str:
    """Gives the group of one product."""
    return f"product:{number}"


def revenue_group(category: str | None) -> str:
    """Gives the group of a category's reports, or of the reports over all categories."""
    return f"revenue:{category or '*'}"


def value_key(prefix: str, plan: Plan) -> str:
    """Gives the Redis key of a value."""
    return f"{prefix}:value:{plan.key}"


def stamp_keys(prefix: str, groups: Sequence[str]) -> list[str]:
    """Gives the Redis keys of the stamps of groups."""
    return [f"{prefix}:stamp:{group}" for group in groups]


def judge(values: Sequence[Any]) -> Found:
    """Gives what an MGET of a value and its stamps means; a value under other stamps, or garbled, is none."""
    value, *stamps = values
    current = [stamp for stamp in stamps if stamp is not None and len(stamp) == STAMP_LENGTH]
    if value is None or len(current) < len(stamps):
        return Found(None, stamps)
    head = b"".join(current)
    return Found(value[len(head) :] if value.startswith(head) else None, stamps)


def enclose(stamps: Sequence[bytes | None], body: bytes) -> bytes:
    """Gives the value to store: the stamps that held before the database was read, then the body."""
    return b"".join(stamp for stamp in stamps if stamp is not None) + body


def stamp_in_force(earlier: Any, made: bytes) -> bytes:
    """Gives the stamp that SET NX GET left in force: the earlier one if there was one."""
    return earlier if isinstance(earlier, bytes) else made


def new_stamp() -> bytes:
    """Gives a stamp that was never used before."""
    return token_bytes(STAMP_LENGTH)


def lifetime_milliseconds() -> int:
    """Gives the lifetime of a value, spread by ±10 % so that pages stored together do not end together."""
    return round(1000 * LIFETIME * (1 + JITTER * (2 * random() - 1)))  # noqa: S311
