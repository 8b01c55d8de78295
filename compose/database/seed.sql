-- Fills the current database's empty tables with the data set. @scale (1 if unset) multiplies it.
-- Integer arithmetic only, no RAND(): the same rows on every server, every time.
SET NAMES utf8mb4;
SET SESSION foreign_key_checks = 0, unique_checks = 0, sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00';
SET @scale = CAST(COALESCE(@scale, 1) AS UNSIGNED);
SET @products = 2000 * @scale, @customers = 5000 * @scale, @orders = 50000 * @scale;
SET @lanes = 5, @days = 365, @lane = @products DIV 5;

-- 0 to 5 * @orders - 1, each with a hash of 31 bits ("noise").
CREATE TABLE digits (n INT UNSIGNED NOT NULL PRIMARY KEY) ENGINE = InnoDB;
INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);
CREATE TABLE thousands (n INT UNSIGNED NOT NULL PRIMARY KEY) ENGINE = InnoDB;
INSERT INTO thousands
SELECT a.n * 100 + b.n * 10 + c.n FROM digits a STRAIGHT_JOIN digits b STRAIGHT_JOIN digits c;
CREATE TABLE numbers (
  n     INT UNSIGNED NOT NULL PRIMARY KEY,
  noise BIGINT UNSIGNED NOT NULL
) ENGINE = InnoDB;
INSERT INTO numbers
SELECT n, ((mixed ^ (mixed >> 15)) * 630360016) MOD 2147483647
FROM (
  SELECT n, ((n + 1) * 1103515245 + 12345) MOD 2147483647 AS mixed
  FROM (
    SELECT (a.n * 1000 + b.n) * 1000 + c.n AS n
    FROM thousands a STRAIGHT_JOIN thousands b STRAIGHT_JOIN thousands c
    WHERE a.n <= @lanes * @orders DIV 1000000 AND (a.n * 1000 + b.n) * 1000 < @lanes * @orders
  ) counted
) mixing;

INSERT INTO calendar VALUES (1, '2026-06-30');

INSERT INTO categories VALUES
  (1, 'books'), (2, 'garden'), (3, 'kitchen'), (4, 'toys'), (5, 'office'), (6, 'music'), (7, 'sports'),
  (8, 'tools'), (9, 'lighting'), (10, 'furniture'), (11, 'clothing'), (12, 'shoes'), (13, 'travel'),
  (14, 'pets'), (15, 'baby'), (16, 'health'), (17, 'beauty'), (18, 'food'), (19, 'games'), (20, 'outdoor');

-- Twenty consecutive products have every category once, rotated by noise.
INSERT INTO products
SELECT made.id, CONCAT(UPPER(LEFT(category.name, 3)), '-', LPAD(made.id, 8, '0')),
  CONCAT(
    ELT(1 + noise MOD 12, 'Amber', 'Brisk', 'Café', 'Dusky', 'Elder', 'Fjord', 'Grand', 'Häuslich', 'Ivory',
      'Jolly', 'Keen', 'Lunar'),
    ' ',
    ELT(1 + noise DIV 12 MOD 10, 'Atlas', 'Beacon', 'Compass', 'Drift', 'Ember', 'Falcon', 'Grove', 'Harbour',
      'Island', 'Juniper'),
    ' ', made.id),
  category_id, (100 + noise DIV 120 MOD 29900) / 100,
  IF(made.id MOD 50 = 7, noise MOD 500, 5000 + noise MOD 95000), calendar.day
FROM (
  SELECT here.n AS id, here.noise, 1 + (here.n + turn.noise) MOD 20 AS category_id
  FROM numbers here JOIN numbers turn ON turn.n = (here.n - 1) DIV 20
  WHERE here.n BETWEEN 1 AND @products
) made JOIN categories category ON category.id = category_id JOIN calendar
ORDER BY made.id;

INSERT INTO customers
SELECT n, CONCAT(
  ELT(1 + noise MOD 12, 'Ada', 'Björn', 'Chloé', 'Dmitri', 'Esra', 'Finn', 'Grace', 'Hana', 'Ian', 'José', 'Kofi', 'Łucja'),
  ' ',
  ELT(1 + noise DIV 12 MOD 12, 'Andersson', 'Brown', 'Castro', 'Dubois', 'Evans', 'Fischer', 'García', 'Haddad', 'Ito',
    'Jansen', 'Kowalska', 'Łukasz'))
FROM numbers WHERE n BETWEEN 1 AND @customers;

-- A product's sales fall with its rank in its lane: the first rank has @lane places in the draw, the second half as
-- many, the last has one. A lane is every fifth product; ranks are spread over its ids.
CREATE TABLE places (
  place INT UNSIGNED NOT NULL PRIMARY KEY,
  step  INT UNSIGNED NOT NULL
) ENGINE = InnoDB;
INSERT INTO places
SELECT ROW_NUMBER() OVER (ORDER BY ranking.n, chance.n) - 1, ranking.n * 7919 MOD @lane
FROM numbers ranking JOIN numbers chance ON chance.n < @lane DIV ranking.n
WHERE ranking.n BETWEEN 1 AND @lane;
SET @places = (SELECT COUNT(*) FROM places);

-- Five consecutive orders have one to five lines, rotated by noise. The lines of an order come from different lanes, so
-- their products differ.
INSERT INTO order_lines
SELECT order_id, product.id, 1 + draw.noise DIV @places MOD 5, product.price
FROM (
  SELECT here.n AS order_id, (here.n - 1) * @lanes + slot.n AS draw, (here.noise DIV 5 + slot.n) MOD @lanes AS lane
  FROM numbers here
  STRAIGHT_JOIN numbers turn ON turn.n = (here.n - 1) DIV 5
  STRAIGHT_JOIN digits slot ON slot.n <= (here.n + turn.noise) MOD 5
  WHERE here.n BETWEEN 1 AND @orders
) made
STRAIGHT_JOIN numbers draw ON draw.n = made.draw
STRAIGHT_JOIN places ON places.place = draw.noise MOD @places
STRAIGHT_JOIN products product ON product.id = 1 + (places.step + lane * 83) MOD @lane * @lanes + lane;

-- Orders are spread evenly over the days, and over the seconds of each day.
INSERT INTO orders
SELECT here.n, 1 + here.noise MOD @customers, calendar.day - INTERVAL (@days - 1 - (here.n - 1) * @days DIV @orders) DAY,
  sums.total,
  calendar.day - INTERVAL (@days - 1 - (here.n - 1) * @days DIV @orders) DAY
    + INTERVAL ((here.n - 1) * @days MOD @orders * 86400 DIV @orders) SECOND
FROM calendar
JOIN numbers here
JOIN (SELECT order_id, SUM(quantity * unit_price) AS total FROM order_lines GROUP BY order_id) sums
  ON sums.order_id = here.n
ORDER BY here.n;

DROP TABLE digits, thousands, numbers, places;
SET SESSION foreign_key_checks = 1, unique_checks = 1;
