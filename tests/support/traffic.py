"""Reproducible random requests: reads, writes and invalid ones."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from tests.support.bad_queries import QUERIES
from tests.support.bad_requests import BODIES, LINES, MEMBERS, Bad

CATEGORIES = ("books", "garden", "toys", "food", "outdoor", "unknown-one")
PRODUCTS, ORDERS = 2000, 50_200
# Few, so that orders and patches hit the same rows.
BUSY = range(200, 240)
BAD = [*BODIES, *LINES, *MEMBERS, *QUERIES]
REPORTS = [(category, days) for category in ("", *CATEGORIES) for days in (1, 20, 120, 365)]
NOWHERE = [("GET", "/nope"), ("DELETE", "/api/orders/1"), ("PUT", "/api/dashboard"), ("POST", "/")]


def by_refusal() -> list[list[Bad]]:
    """The bad requests grouped by method and status."""
    kinds: dict[tuple[str, int], list[Bad]] = {}
    for bad in BAD:
        kinds.setdefault((bad.method, bad.status), []).append(bad)
    return [*kinds.values()]


@dataclass(frozen=True)
class Request:
    """One request; `json` is sent as JSON, `body` as it is."""

    method: str
    path: str
    json: Any = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Traffic:
    """A generator of requests from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._makers = {
            self.product: 14, self.catalogue: 14, self.report: 5, self.dashboard: 3, self.placed: 10,
            self.order: 22, self.repeated: 8, self.change: 14, self.nowhere: 4, self.bad: 16,
        }  # fmt: skip
        self._keyed: list[Request] = []
        # Cycled, so that each kind occurs.
        self._reports, self._nowhere, self._refusals = cycle(REPORTS), cycle(NOWHERE), cycle(by_refusal())

    def requests(self, count: int) -> list[Request]:
        makers = self._random.choices([*self._makers], [*self._makers.values()], k=count)
        return [make() for make in makers]

    def product(self) -> Request:
        """A product, which may not exist."""
        return Request("GET", f"/api/products/{self._random.choice([*BUSY, 0, PRODUCTS, 9999])}")

    def catalogue(self) -> Request:
        some = self._random
        query = f"limit={some.choice([1, 20, 100])}&after={some.choice([0, 190, 1990, 2000])}"
        category = some.choice(["", *(f"&category={name}" for name in CATEGORIES)])
        return Request("GET", f"/api/products?{query}{category}")

    def report(self) -> Request:
        """A revenue report; over all categories, more than three months are read in pieces."""
        category, days = next(self._reports)
        return Request("GET", f"/api/reports/revenue?days={days}" + (f"&category={category}" if category else ""))

    def dashboard(self) -> Request:
        return Request("GET", "/api/dashboard")

    def placed(self) -> Request:
        """An order of the data set, a new one, or one that does not exist."""
        return Request("GET", f"/api/orders/{self._random.randrange(ORDERS - 400, ORDERS)}")

    def order(self) -> Request:
        """An order, often with an idempotency key, sometimes of a product or customer that does not exist."""
        some = self._random
        numbers = some.sample([*BUSY, *([PRODUCTS + 1] if some.random() < 0.1 else [])], some.randint(1, 6))
        lines = [{"product_id": number, "quantity": some.choice([1, 2, 30])} for number in numbers]
        order = {"customer_id": some.choice([1, 2, 5000, 5001]), "lines": lines}
        headers = {"Idempotency-Key": f"key-{some.randrange(10**9)}"} if some.random() < 0.6 else {}
        request = Request("POST", "/api/orders", json=order, headers=headers)
        if headers:
            self._keyed.append(request)
        return request

    def repeated(self) -> Request:
        """The idempotency key of an earlier order, with the same body or another."""
        earlier = self._random.choice(self._keyed[-9:] or [self.order()])
        body = self._random.choice([earlier, earlier, self.order()]).json
        return Request("POST", "/api/orders", json=body, headers=earlier.headers)

    def change(self) -> Request:
        """A patch of a product; some leave little stock."""
        some = self._random
        change = some.choice(
            [
                {"stock": some.randrange(40)},
                {"price": f"{some.randrange(10**6) / 100:.2f}"},
                {"name": some.choice(["Näme ✓", "O'Brien\\", "%s", "🛒"]) + str(some.random())},
                {"stock": 90_000, "price": "5.00"},
            ]
        )
        return Request("PATCH", f"/api/products/{some.choice(BUSY)}", json=change)

    def nowhere(self) -> Request:
        """An unknown path or method."""
        return Request(*next(self._nowhere))

    def bad(self) -> Request:
        """A request that must be refused."""
        bad = self._random.choice(next(self._refusals))
        return Request(bad.method, bad.target, body=bad.body, headers=bad.headers)
