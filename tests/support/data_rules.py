"""Row counts of the data set, conditions that it never meets, and statements that a service may and may not run."""

from typing import Final

from compose.local import rows

WRITTEN_DOWN: Final = (rows.SCRIPTS / "checksums.tsv").read_text()
ROW_COUNTS: Final = {
    "calendar": 1, "categories": 20, "products": 2000, "customers": 5000,
    "orders": 50000, "order_lines": 150000, "idempotency_keys": 0,
}  # fmt: skip

# Each statement counts rows that must not exist.
BROKEN_RULES: Final = {
    "a total that is not the sum of the lines": """
        SELECT COUNT(*) FROM orders o JOIN (
          SELECT order_id, SUM(quantity * unit_price) AS total FROM order_lines GROUP BY order_id
        ) s ON s.order_id = o.id WHERE o.total <> s.total""",
    "an order with no line or more than five": """
        SELECT COUNT(*) FROM (
          SELECT o.id FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
          GROUP BY o.id HAVING COUNT(l.product_id) NOT BETWEEN 1 AND 5
        ) odd""",
    "a line at another price than its product's": """
        SELECT COUNT(*) FROM order_lines l JOIN products p ON p.id = l.product_id
        WHERE l.unit_price <> p.price""",
    "an order outside the 365 days up to the data set's day": """
        SELECT COUNT(*) FROM orders, calendar
        WHERE orders.day > calendar.day OR orders.day <= calendar.day - INTERVAL 365 DAY""",
    "an order that was not made on its day": """
        SELECT COUNT(*) FROM orders WHERE DATE(created_at) <> day""",
    "an order that is older than the one before it": """
        SELECT COUNT(*) FROM orders a JOIN orders b ON b.id = a.id + 1
        WHERE b.created_at < a.created_at""",
    "a category without a hundred products": """
        SELECT COUNT(*) FROM (
          SELECT category_id FROM products GROUP BY category_id HAVING COUNT(*) <> 100
        ) odd""",
    "a category without a product among the first twenty": """
        SELECT COUNT(*) FROM categories
        WHERE id NOT IN (SELECT category_id FROM products WHERE id <= 20)""",
    "a gap in the ids": """
        SELECT (SELECT MAX(id) - COUNT(*) FROM orders) + (SELECT MAX(id) - COUNT(*) FROM products)
          + (SELECT MAX(id) - COUNT(*) FROM customers)""",
    "a product that was changed since": """
        SELECT COUNT(*) FROM products, calendar WHERE products.updated_at <> calendar.day""",
    "a line of an order, product or customer that is not there": """
        SELECT COUNT(*) FROM order_lines l LEFT JOIN orders o ON o.id = l.order_id
        LEFT JOIN products p ON p.id = l.product_id LEFT JOIN customers c ON c.id = o.customer_id
        WHERE p.id IS NULL OR c.id IS NULL""",
}

ALLOWED: Final = [
    "SELECT * FROM calendar, categories LIMIT 1",
    "SELECT * FROM products, customers LIMIT 1",
    "SELECT * FROM orders, order_lines LIMIT 1",
    "SELECT * FROM products WHERE id = 1 FOR UPDATE",
    "UPDATE products SET stock = stock WHERE id = 0",
    "INSERT INTO orders SELECT * FROM orders WHERE id = 0",
    "INSERT INTO order_lines SELECT * FROM order_lines WHERE order_id = 0",
    "INSERT INTO idempotency_keys SELECT * FROM idempotency_keys WHERE status = 0",
    "UPDATE idempotency_keys SET status = 201 WHERE name = ''",
]
FORBIDDEN: Final = [
    "DELETE FROM orders WHERE id = 0",
    "DELETE FROM products WHERE id = 0",
    "DELETE FROM idempotency_keys WHERE name = ''",
    "UPDATE orders SET total = 0 WHERE id = 0",
    "UPDATE order_lines SET quantity = 0 WHERE order_id = 0",
    "UPDATE calendar SET day = day",
    "INSERT INTO products SELECT * FROM products WHERE id = 0",
    "INSERT INTO customers SELECT * FROM customers WHERE id = 0",
    "DROP TABLE orders",
    "TRUNCATE TABLE idempotency_keys",
    "CREATE TABLE mine (id INT)",
    "SELECT * FROM shop_template.products LIMIT 1",
    "SELECT * FROM mysql.user LIMIT 1",
    "SET GLOBAL max_connections = 10",
]
