"""Every SQL statement of the service, the same text for both twins and for MySQL and MariaDB."""

from typing import Final

BEGIN: Final = "START TRANSACTION"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"
KILL: Final = "KILL QUERY %s"
CIPHER: Final = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"

# STRAIGHT_JOIN: MariaDB would start from the categories and sort all products for a page of twenty.
CATALOGUE: Final = """
SELECT STRAIGHT_JOIN p.id, p.sku, p.name, c.name, p.price
FROM products p JOIN categories c ON c.id = p.category_id
WHERE p.id > %s ORDER BY p.id LIMIT %s"""

CATALOGUE_OF_CATEGORY: Final = """
SELECT p.id, p.sku, p.name, c.name, p.price
FROM categories c JOIN products p ON p.category_id = c.id
WHERE c.name = %s AND p.id > %s ORDER BY p.id LIMIT %s"""

PRODUCT: Final = """
SELECT p.id, p.sku, p.name, c.name, p.price, p.stock, p.updated_at
FROM products p JOIN categories c ON c.id = p.category_id WHERE p.id = %s"""

CHANGE_PRODUCT: Final = """
UPDATE products
SET name = COALESCE(%s, name), price = COALESCE(%s, price), stock = COALESCE(%s, stock),
    updated_at = UTC_TIMESTAMP(6)
WHERE id = %s"""

CUSTOMER_AND_NOW: Final = """
SELECT k.day, UTC_TIMESTAMP(6) FROM customers u JOIN calendar k ON k.id = 1 WHERE u.id = %s"""

INSERT_ORDER: Final = """
INSERT INTO orders (customer_id, day, total, created_at) VALUES (%s, %s, %s, %s)"""

TAKE_STOCK: Final = """
UPDATE products p JOIN order_lines l ON l.product_id = p.id AND l.order_id = %s
SET p.stock = p.stock - l.quantity, p.updated_at = UTC_TIMESTAMP(6)"""

ORDER: Final = """
SELECT o.id, o.customer_id, o.day, o.total, o.created_at, l.product_id, l.quantity, l.unit_price
FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.id = %s ORDER BY l.product_id"""

# Unlike `INSERT IGNORE` or a caught duplicate, this takes the exclusive lock at once, so two requests with one key
# cannot deadlock. A new key affects one row, a known one none.
CLAIM_KEY: Final = """
INSERT INTO idempotency_keys (name, request_hash, created_at) VALUES (%s, %s, UTC_TIMESTAMP(6))
ON DUPLICATE KEY UPDATE name = name"""

STORED_ANSWER: Final = """
SELECT request_hash, status, location, body FROM idempotency_keys WHERE name = %s FOR UPDATE"""

STORE_ANSWER: Final = """
UPDATE idempotency_keys SET status = %s, location = %s, body = %s WHERE name = %s"""

# A variable that a server does not know returns no row.
SESSION: Final = """
SHOW SESSION VARIABLES WHERE Variable_name IN ('autocommit', 'tx_isolation', 'transaction_isolation', 'sql_mode',
  'character_set_client', 'collation_connection', 'time_zone', 'max_statement_time', 'max_execution_time',
  'innodb_lock_wait_timeout', 'wait_timeout')"""

# A database without this row is not seeded, and its service not ready.
CALENDAR_DAY: Final = "SELECT day FROM calendar WHERE id = 1"

# STRAIGHT_JOIN: MariaDB estimates any wide range of days at half of the orders, starts from the categories and reads
# every order line. Grouping by ids and joining the 240 sums to their names takes two thirds of the time of grouping by
# names. IGNORE INDEX makes MySQL use a hash join for the products, in two thirds of the time; MariaDB has no hash join
# by default and ignores a comment with a MySQL version.
REVENUE: Final = """
SELECT c.name, CONCAT(s.month DIV 100, '-', LPAD(s.month MOD 100, 2, '0')), s.units, s.revenue
FROM (SELECT STRAIGHT_JOIN p.category_id, EXTRACT(YEAR_MONTH FROM o.day) AS month,
        SUM(l.quantity) AS units, SUM(l.quantity * l.unit_price) AS revenue
      FROM orders o
      JOIN order_lines l ON l.order_id = o.id
      JOIN products p /*!80020 IGNORE INDEX FOR JOIN (PRIMARY) */ ON p.id = l.product_id
      WHERE o.day BETWEEN %s AND %s
      GROUP BY p.category_id, month) s
JOIN categories c ON c.id = s.category_id
ORDER BY c.name, s.month"""

# For one category both optimisers choose well, and there are only twelve sums.
REVENUE_OF_CATEGORY: Final = """
SELECT c.name, DATE_FORMAT(o.day, '%%Y-%%m') AS month, SUM(l.quantity), SUM(l.quantity * l.unit_price)
FROM orders o
JOIN order_lines l ON l.order_id = o.id
JOIN products p ON p.id = l.product_id
JOIN categories c ON c.id = p.category_id
WHERE o.day BETWEEN %s AND %s AND c.name = %s
GROUP BY c.name, month ORDER BY month"""

BEST_SELLERS: Final = """
SELECT p.id, p.name, s.units
FROM (SELECT l.product_id, SUM(l.quantity) AS units
      FROM orders o JOIN order_lines l ON l.order_id = o.id
      WHERE o.day > (SELECT day FROM calendar WHERE id = 1) - INTERVAL 30 DAY
      GROUP BY l.product_id ORDER BY units DESC, l.product_id LIMIT 10) s
JOIN products p ON p.id = s.product_id ORDER BY s.units DESC, p.id"""

LOW_STOCK: Final = "SELECT id, name, stock FROM products ORDER BY stock, id LIMIT 10"

LATEST_ORDERS: Final = "SELECT id, customer_id, day, total FROM orders ORDER BY id DESC LIMIT 10"

REVENUE_BY_DAY: Final = """
SELECT day, COUNT(*), SUM(total) FROM orders
WHERE day > (SELECT day FROM calendar WHERE id = 1) - INTERVAL 30 DAY
GROUP BY day ORDER BY day"""


def lock_products(count: int) -> str:
    """Lock `count` products in the order of their ids, which rules out deadlocks between orders."""
    # The category is read by a subquery because a join would lock the categories' rows as well.
    return f"""
SELECT p.id, p.price, p.stock, (SELECT c.name FROM categories c WHERE c.id = p.category_id)
FROM products p WHERE p.id IN ({_places("%s", count)}) ORDER BY p.id FOR UPDATE"""  # noqa: S608 (places only, no values)


def categories_of(count: int) -> str:
    return f"""
SELECT c.name FROM products p JOIN categories c ON c.id = p.category_id
WHERE p.id IN ({_places("%s", count)})"""  # noqa: S608


def insert_lines(count: int) -> str:
    rows = _places("(%s, %s, %s, %s)", count)
    return f"INSERT INTO order_lines (order_id, product_id, quantity, unit_price) VALUES {rows}"  # noqa: S608


def _places(place: str, count: int) -> str:
    return ", ".join([place] * count)
