"""Addresses of the database and Redis, and the SQL of both naive twins: the same work as in the twins."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_address = urlsplit(os.environ["DATABASE_URL"])
HOST: Final = _address.hostname or ""
PORT: Final = _address.port or 3306
USER: Final = _address.username or ""
DATABASE: Final = _address.path.strip("/")
PASSWORD: Final = Path(os.environ["DATABASE_PASSWORD_FILE"]).read_text().strip()
POOL: Final = int(os.environ["POOL"])

CACHE_URL: Final = os.environ.get("CACHE_URL")
PREFIX: Final = os.environ["COMBINATION"]
LIFETIME: Final = 60

LARGEST_ID: Final = 4_294_967_295
PRODUCT: Final = """
SELECT p.id, p.sku, p.name, c.name AS category, p.price, p.stock, p.updated_at
FROM products p JOIN categories c ON c.id = p.category_id WHERE p.id = %s"""
CATALOGUE: Final = """
SELECT STRAIGHT_JOIN p.id, p.sku, p.name, c.name AS category, p.price
FROM products p JOIN categories c ON c.id = p.category_id
WHERE p.id > %s ORDER BY p.id LIMIT %s"""
CATALOGUE_OF_CATEGORY: Final = """
SELECT p.id, p.sku, p.name, c.name AS category, p.price
FROM categories c JOIN products p ON p.category_id = c.id
WHERE c.name = %s AND p.id > %s ORDER BY p.id LIMIT %s"""
