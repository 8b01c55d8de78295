-- One line per table of the current database: name, rows, sum of the rows' CRC32. Equal on MySQL and MariaDB.
SET NAMES utf8mb4;
SELECT 'calendar' AS name, COUNT(*) AS row_count, COALESCE(SUM(CRC32(CONCAT_WS('|', id, day))), 0) AS checksum
FROM calendar
UNION ALL
SELECT 'categories', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('|', id, name))), 0) FROM categories
UNION ALL
SELECT 'products', COUNT(*),
  COALESCE(SUM(CRC32(CONCAT_WS('|', id, sku, name, category_id, price, stock, updated_at))), 0)
FROM products
UNION ALL
SELECT 'customers', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('|', id, name))), 0) FROM customers
UNION ALL
SELECT 'orders', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS('|', id, customer_id, day, total, created_at))), 0) FROM orders
UNION ALL
SELECT 'order_lines', COUNT(*),
  COALESCE(SUM(CRC32(CONCAT_WS('|', order_id, product_id, quantity, unit_price))), 0)
FROM order_lines
UNION ALL
SELECT 'idempotency_keys', COUNT(*),
  COALESCE(SUM(CRC32(CONCAT_WS('|', name, HEX(request_hash), status, location, HEX(body), created_at))), 0)
FROM idempotency_keys;
