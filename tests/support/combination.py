"""One of the four combinations as a test sees it: its HTTP door, its rows and its cached entries."""

import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx
import redis

from compose.local.stack import Stack
from tests.support.documented import Documented

SECONDS = 30.0
# Never used, but a client without one makes its own, which takes longer than many requests.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
Row = tuple[Any, ...]
Json = dict[str, Any]

# What the service may have changed, in one line; a test compares it before and after.
WRITABLE = """
SELECT (SELECT SUM(CRC32(CONCAT_WS('|', id, name, price, stock, updated_at))) FROM products),
  (SELECT CONCAT_WS(':', COUNT(*), MAX(id), SUM(total)) FROM orders WHERE id > 50000),
  (SELECT CONCAT_WS(':', COUNT(*), SUM(quantity)) FROM order_lines WHERE order_id > 50000),
  (SELECT CONCAT_WS(':', COUNT(*), SUM(CRC32(CONCAT_WS('|', name, status)))) FROM idempotency_keys)"""


class Combination:
    """A service with a client of its own: the stack's, or that at `url`. Each answer is held against the document."""

    def __init__(self, stack: Stack, name: str, url: str | None = None) -> None:
        self.stack = stack
        self.name = name
        self.cached = name.endswith("-cached")
        self.url = url or stack.url(name)
        self._documented = Documented(name)
        self.client = self.new_client()

    def new_client(self) -> httpx.Client:
        """Gives another client with connections of its own; the caller closes it."""
        hooks = {"response": [self._documented.check]}
        return httpx.Client(base_url=self.url, timeout=SECONDS, event_hooks=hooks, verify=TLS)

    def get(self, path: str) -> httpx.Response:
        """Answers a GET."""
        return self.client.get(path)

    def body(self, path: str) -> Json:
        """Gives the members of a GET's answer, which must be a 200."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        members: Json = answer.json()
        return members

    def order(self, *lines: tuple[int, int], customer: int = 1, key: str | None = None) -> httpx.Response:
        """Answers a POST of an order of these (product, quantity)."""
        wanted = [{"product_id": number, "quantity": quantity} for number, quantity in lines]
        return self.post({"customer_id": customer, "lines": wanted}, key)

    def post(self, order: Json, key: str | None = None) -> httpx.Response:
        """Answers a POST of an order."""
        headers: Mapping[str, str] = {"Idempotency-Key": key} if key else {}
        return self.client.post("/api/orders", json=order, headers=headers)

    def patch(self, number: int, **members: object) -> httpx.Response:
        """Answers a PATCH of a product."""
        return self.client.patch(f"/api/products/{number}", json=members)

    def rows(self, statement: str, *values: object) -> list[Row]:
        """Gives what a statement answers on this combination's database."""
        database = self.stack.database(self.name)
        with closing(self.stack.admin(database)) as root, root.cursor() as cursor:
            cursor.execute(statement, values or None)
            return [tuple(row) for row in cursor.fetchall()]

    def written(self) -> Row:
        """Gives a fingerprint of everything that the service may write."""
        return self.rows(WRITABLE)[0]

    def redis(self) -> redis.Redis:
        """Gives a client of the stack's Redis; the caller closes it."""
        return redis.Redis.from_url(self.stack.cache_url, socket_timeout=SECONDS)

    def entries(self, pattern: str = "*") -> list[str]:
        """Gives the names of this combination's entries in Redis, each without the prefix."""
        prefix = f"{self.name}:"
        with closing(self.redis()) as client:
            found = client.scan_iter(f"{prefix}{pattern}", count=1000)
            return [key.decode().removeprefix(prefix) for key in found]

    def forget(self) -> None:
        """Empties this combination's part of Redis."""
        keys = self.entries()
        if keys:
            with closing(self.redis()) as client:
                client.delete(*(f"{self.name}:{key}" for key in keys))

    def renew(self) -> None:
        """Gives this combination the template's rows and an empty cache."""
        self.stack.restore(self.name)
        self.forget()

    def close(self) -> None:
        """Closes the client."""
        self.client.close()
