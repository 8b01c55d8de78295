-- Replaces the current database's rows by those of shop_template. Run schema.sql once before.
SET SESSION foreign_key_checks = 0, unique_checks = 0, lock_wait_timeout = 20;
TRUNCATE TABLE idempotency_keys;
TRUNCATE TABLE order_lines;
TRUNCATE TABLE orders;
TRUNCATE TABLE customers;
TRUNCATE TABLE products;
TRUNCATE TABLE categories;
TRUNCATE TABLE calendar;
INSERT INTO calendar SELECT * FROM shop_template.calendar;
INSERT INTO categories SELECT * FROM shop_template.categories;
INSERT INTO products SELECT * FROM shop_template.products ORDER BY id;
INSERT INTO customers SELECT * FROM shop_template.customers ORDER BY id;
INSERT INTO orders SELECT * FROM shop_template.orders ORDER BY id;
INSERT INTO order_lines SELECT * FROM shop_template.order_lines ORDER BY order_id, product_id;
SET SESSION foreign_key_checks = 1, unique_checks = 1;
-- Statistics from all pages instead of a sample, and not updated during measurements: otherwise two copies of the same
-- rows get different plans for the same report.
ALTER TABLE products STATS_SAMPLE_PAGES = 65535, STATS_AUTO_RECALC = 0;
ALTER TABLE orders STATS_SAMPLE_PAGES = 65535, STATS_AUTO_RECALC = 0;
ALTER TABLE order_lines STATS_SAMPLE_PAGES = 65535, STATS_AUTO_RECALC = 0;
ANALYZE TABLE calendar, categories, products, customers, orders, order_lines;
