"""Whether what was acknowledged is in the database, once: lost writes and duplicate orders."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from loadtests.history.final_rows import FinalRows
from loadtests.history.records import History, Record, order_fingerprint
from loadtests.history.requests import CUSTOMERS
from loadtests.history.sightings import FULL_STOCK, NAME


def lost_writes(history: History, rows: FinalRows) -> list[str]:
    """Gives a line for every acknowledged write that the database does not hold in the end."""
    return [*_lost_orders(history, rows), *_lost_patches(history, rows), *_lost_stock(history, rows)]


def duplicate_orders(history: History, rows: FinalRows) -> list[str]:
    """Gives a line for every Idempotency-Key with more than one order, or with answers that name different ones."""
    many = Counter((order.customer, order.quantity) for order in rows.orders)
    named: defaultdict[str, set[int]] = defaultdict(set)
    for record in _orders(history):
        named[record.key] |= {record.made} if record.made else set()
    return [
        f"{key}: {many[_fingerprint(key)]} orders in the database, {len(numbers)} in answers"
        for key, numbers in named.items()
        if max(many[_fingerprint(key)], len(numbers)) > 1
    ]


def _lost_orders(history: History, rows: FinalRows) -> Iterator[str]:
    there = {order.id: (order.customer, order.quantity) for order in rows.orders}
    for record in _orders(history):
        if record.done and there.get(record.made) != _fingerprint(record.key):
            yield f"{record.key}: order {record.made} is {'another' if record.made in there else 'gone'}"


def _lost_patches(history: History, rows: FinalRows) -> Iterator[str]:
    last: dict[str, int] = {}
    unanswered: defaultdict[str, set[int]] = defaultdict(set)
    for record in history.writes:
        if record.route == "patch":
            ((subject, level),) = record.levels
            last[subject] = max(last.get(subject, 0), level) if record.done else last.get(subject, 0)
            unanswered[subject] |= set() if record.done else {level}
    for subject, level in last.items():
        found = _level(subject, rows)
        if level and found != level and found not in unanswered[subject]:
            yield f"{subject}: {level} was acknowledged last, {found} is there"


def _lost_stock(history: History, rows: FinalRows) -> Iterator[str]:
    lines = {_fingerprint(record.key): record.levels for record in _orders(history)}
    taken: Counter[str] = Counter()
    for order in rows.orders:
        taken.update(dict(lines.get((order.customer, order.quantity), ())))
    for number in history.watched.sold:
        missing = FULL_STOCK - rows.products[number].stock
        if missing != taken[f"sold:{number}"]:
            yield f"sold:{number}: {taken[f'sold:{number}']} by the orders, {missing} by the stock"


def _level(subject: str, rows: FinalRows) -> int | None:
    member, _, number = subject.partition(":")
    row = rows.products[int(number)]
    if member == "name":
        return int(row.name.removeprefix(NAME)) if row.name.startswith(NAME) else None
    return row.price if member == "price" else row.stock


def _orders(history: History) -> Iterator[Record]:
    return (record for record in history.writes if record.route == "order")


def _fingerprint(key: str) -> tuple[int, int]:
    return order_fingerprint(_number(key), CUSTOMERS)


def _number(key: str) -> int:
    return int(key.rpartition("-")[2])
