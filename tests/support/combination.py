"""One of the four combinations in a test: an HTTP client, its rows and its cache entries."""

import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx
import redis

from compose.local.stack import Stack
from tests.support.documented import Documented

SECONDS = 30.0
# Unused, but without one each client builds its own, which takes longer than many requests.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
Row = tuple[Any, ...]
Json = dict[str, Any]

# One row over everything that the service may write, to be compared before and after.
WRITABLE = """
SELECT (SELECT SUM(CRC32(CONCAT_WS('|', id, name, price, stock, updated_at))) FROM products),
  (SELECT CONCAT_WS(':', COUNT(*), MAX(id), SUM(total)) FROM orders WHERE id > 50000),
  (SELECT CONCAT_WS(':', COUNT(*), SUM(quantity)) FROM order_lines WHERE order_id > 50000),
  (SELECT CONCAT_WS(':', COUNT(*), SUM(CRC32(CONCAT_WS('|', name, status)))) FROM idempotency_keys)"""


class Combination:
    """A client of the stack's service, or of `url`, that checks each answer against the OpenAPI document."""

    def __init__(self, stack: Stack, name: str, url: str | None = None) -> None:
        self.stack = stack
        self.name = name
        self.cached = name.endswith("-cached")
        self.url = url or stack.url(name)
        self._documented = Documented(name)
        self.client = self.new_client()

    def new_client(self) -> httpx.Client:
        """A client with its own connections; the caller closes it."""
        hooks = {"response": [self._documented.check]}
        return httpx.Client(base_url=self.url, timeout=SECONDS, event_hooks=hooks, verify=TLS)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def body(self, path: str) -> Json:
        """The JSON of a GET, which must be answered with 200."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        members: Json = answer.json()
        return members

    def order(self, *lines: tuple[int, int], customer: int = 1, key: str | None = None) -> httpx.Response:
        """POST an order; `lines` are (product id, quantity)."""
        members = [{"product_id": number, "quantity": quantity} for number, quantity in lines]
        return self.post({"customer_id": customer, "lines": members}, key)

    def post(self, order: Json, key: str | None = None) -> httpx.Response:
        headers: Mapping[str, str] = {"Idempotency-Key": key} if key else {}
        return self.client.post("/api/orders", json=order, headers=headers)

    def patch(self, number: int, **members: object) -> httpx.Response:
        return self.client.patch(f"/api/products/{number}", json=members)

    def rows(self, statement: str, *values: object) -> list[Row]:
        database = self.stack.database(self.name)
        with closing(self.stack.admin(database)) as root, root.cursor() as cursor:
            cursor.execute(statement, values or None)
            return [tuple(row) for row in cursor.fetchall()]

    def written(self) -> Row:
        """A fingerprint of everything that the service may write."""
        return self.rows(WRITABLE)[0]

    def redis(self) -> redis.Redis:
        """The caller closes it."""
        return redis.Redis.from_url(self.stack.cache_url, socket_timeout=SECONDS)

    def entries(self, pattern: str = "*") -> list[str]:
        """Keys of this combination in Redis, without the prefix."""
        prefix = f"{self.name}:"
        with closing(self.redis()) as client:
            keys = client.scan_iter(f"{prefix}{pattern}", count=1000)
            return [key.decode().removeprefix(prefix) for key in keys]

    def forget(self) -> None:
        """Delete this combination's keys in Redis."""
        keys = self.entries()
        if keys:
            with closing(self.redis()) as client:
                client.delete(*(f"{self.name}:{key}" for key in keys))

    def renew(self) -> None:
        """Reset the rows to the template's and empty the cache."""
        self.stack.restore(self.name)
        self.forget()

    def close(self) -> None:
        self.client.close()
