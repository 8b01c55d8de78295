-- The only definition of the tables, for MySQL 8.4 and MariaDB 10.11. One copy per combination.
CREATE TABLE calendar (
  id  TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  day DATE NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE categories (
  id   SMALLINT UNSIGNED NOT NULL PRIMARY KEY,
  name VARCHAR(40) NOT NULL,
  UNIQUE KEY categories_by_name (name)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE products (
  id          INT UNSIGNED NOT NULL PRIMARY KEY,
  sku         VARCHAR(20) NOT NULL,
  name        VARCHAR(120) NOT NULL,
  category_id SMALLINT UNSIGNED NOT NULL,
  price       DECIMAL(10, 2) NOT NULL,
  stock       INT UNSIGNED NOT NULL,
  updated_at  DATETIME(6) NOT NULL,
  UNIQUE KEY products_by_sku (sku),
  KEY products_by_category (category_id, id),
  KEY products_by_stock (stock, id),
  CONSTRAINT products_category FOREIGN KEY (category_id) REFERENCES categories (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE customers (
  id   INT UNSIGNED NOT NULL PRIMARY KEY,
  name VARCHAR(120) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE orders (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  day         DATE NOT NULL,
  total       DECIMAL(14, 2) NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  KEY orders_by_day (day, total),
  KEY orders_by_customer (customer_id),
  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE order_lines (
  order_id   BIGINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  quantity   INT UNSIGNED NOT NULL,
  unit_price DECIMAL(10, 2) NOT NULL,
  PRIMARY KEY (order_id, product_id),
  KEY order_lines_by_product (product_id),
  CONSTRAINT order_lines_order FOREIGN KEY (order_id) REFERENCES orders (id),
  CONSTRAINT order_lines_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE idempotency_keys (
  name         VARCHAR(255) NOT NULL PRIMARY KEY,
  request_hash CHAR(64) NOT NULL,
  status       SMALLINT UNSIGNED NULL,
  location     VARCHAR(100) NULL,
  body         MEDIUMTEXT NULL,
  created_at   DATETIME(6) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
