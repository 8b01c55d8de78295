"""The data set: the same rows on every server and after every seeding, and its privileges."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

import pymysql
import pytest
from pymysql.cursors import DictCursor

from compose.local import rows
from compose.local.definition import CHECKOUT
from shared.shop import answers, statements
from tests.support.data_rules import ALLOWED, BROKEN_RULES, FORBIDDEN, ROW_COUNTS, WRITTEN_DOWN
from tests.support.seeded_servers import KINDS, SHOPS, SeededServer, seeded_server

pytestmark = pytest.mark.usefixtures("servers")

REFUSED: Final = {
    1044,
    1142,
    1227,
}  # the errors for a database, a table and a statement without the privilege

BY_LINES: Final = """
SELECT c.name FROM categories c JOIN products p ON p.category_id = c.id JOIN order_lines l ON l.product_id = p.id
GROUP BY c.name ORDER BY COUNT(*) DESC"""

YEAR: Final = (date(2025, 7, 1), date(2026, 6, 30))
# A year of all categories is read in pieces, a year of one category at once.
REPORTS: Final = [
    *(("REVENUE", [*piece]) for piece in answers.report_pieces(YEAR)),
    ("REVENUE_OF_CATEGORY", [*YEAR, "books"]),
]
OF_CATEGORY: Final = (
    "c by categories_by_name",
    "p by products_by_category",
    "l by order_lines_by_product",
    "o by PRIMARY",
)
# Each table with the index used, as in docs/database.md.
PLANS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "REVENUE": {
        "MySQL": (
            *("c by categories_by_name", "<derived2> by <auto_key0>", "o by orders_by_day", "l by PRIMARY"),
            "p by products_by_category",
        ),
        "MariaDB": (
            *("c by categories_by_name", "<derived2> by key0", "o by orders_by_day", "l by PRIMARY"),
            "p by PRIMARY",
        ),
    },
    "REVENUE_OF_CATEGORY": {"MySQL": OF_CATEGORY, "MariaDB": OF_CATEGORY},
}


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[SeededServer]:
    with seeded_server(request.param) as running:
        yield running


@pytest.mark.parametrize("database", [rows.TEMPLATE, *SHOPS])
def test_every_database_has_the_recorded_rows(server: SeededServer, database: str) -> None:
    assert server.checksums(database) == WRITTEN_DOWN


def test_the_recorded_rows_have_the_documented_counts() -> None:
    lines = [line.split("\t") for line in WRITTEN_DOWN.splitlines()]
    assert {name: int(count) for name, count, _ in lines} == ROW_COUNTS


def test_a_checksum_sees_a_single_changed_cent(server: SeededServer) -> None:
    with server.connect("shop_sync") as root, root.cursor() as cursor:
        root.begin()
        cursor.execute("UPDATE order_lines SET unit_price = unit_price + 0.01 WHERE order_id = 777 LIMIT 1")
        assert rows.checksums(root) != WRITTEN_DOWN
        root.rollback()


@pytest.mark.parametrize("shop", SHOPS)
def test_the_next_order_has_the_same_id_in_all_four(server: SeededServer, shop: str) -> None:
    [(_, definition)] = server.rows(shop, "SHOW CREATE TABLE orders")
    assert re.findall(r"AUTO_INCREMENT=(\d+)", str(definition)) == ["50001"]


@pytest.mark.parametrize("rule", BROKEN_RULES)
def test_the_data_set_never_holds(server: SeededServer, rule: str) -> None:
    assert [int(str(count)) for (count,) in server.rows("shop_sync", BROKEN_RULES[rule])] == [0]


def test_every_day_of_the_year_has_orders(server: SeededServer) -> None:
    assert server.rows("shop_sync", "SELECT COUNT(DISTINCT day) FROM orders") == [(365,)]


def test_few_products_make_most_of_the_sales_and_all_sell(server: SeededServer) -> None:
    sold = server.rows("shop_sync", "SELECT COUNT(*) FROM order_lines GROUP BY product_id ORDER BY 1 DESC")
    counts = [int(str(count)) for (count,) in sold]
    assert len(counts) == 2000
    assert sum(counts[:100]) > 0.5 * sum(counts)
    assert sum(counts[:5]) < 0.2 * sum(counts)


def test_names_outside_ascii_survive(server: SeededServer) -> None:
    found = server.rows("shop_sync", "SELECT DISTINCT LEFT(name, 5) FROM customers WHERE name LIKE 'Björn%'")
    assert found == [("Björn",)]


def test_the_load_generator_requests_the_best_selling_categories_most(server: SeededServer) -> None:
    source = (CHECKOUT / "loadtests" / "lib" / "keys.js").read_text()
    listed = re.search(r"CATEGORIES = \[(.*?)\]", source, re.DOTALL)
    assert listed
    names = [str(name) for (name,) in server.rows("shop_sync", BY_LINES)]
    assert re.findall(r"'([^']+)'", listed[1]) == names
    assert all(re.fullmatch("[a-z][a-z0-9-]*", name) for name in names)


def test_a_restored_database_equals_the_initial_one(server: SeededServer) -> None:
    with server.connect("shop_async") as root, root.cursor() as cursor:
        cursor.execute("UPDATE products SET stock = 0, name = 'gone' WHERE id < 100")
        cursor.execute("INSERT INTO orders (customer_id, day, total, created_at) VALUES (1, NOW(), 1, NOW())")
        cursor.execute("INSERT INTO idempotency_keys VALUES ('k', REPEAT('h', 32), NULL, NULL, NULL, NOW())")
    assert server.checksums("shop_async") != WRITTEN_DOWN
    rows.restore(server.connect, "shop_async")
    test_every_database_has_the_recorded_rows(server, "shop_async")
    test_the_next_order_has_the_same_id_in_all_four(server, "shop_async")


@pytest.mark.parametrize("statement", ALLOWED)
def test_a_service_may(server: SeededServer, statement: str) -> None:
    with server.as_service("shop_sync") as service, service.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_a_service_may_not(server: SeededServer, statement: str) -> None:
    with (
        server.as_service("shop_async") as service,
        service.cursor() as cursor,
        pytest.raises(pymysql.err.MySQLError) as refused,
    ):
        cursor.execute(statement)
    assert refused.value.args[0] in REFUSED


@pytest.mark.parametrize("shop", SHOPS)
def test_a_service_can_use_only_its_own_database(server: SeededServer, shop: str) -> None:
    with server.as_service(shop) as service, service.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE 'shop%'")
        assert [name for (name,) in cursor.fetchall()] == [shop]


@pytest.mark.parametrize(("report", "values"), REPORTS, ids=str)
def test_the_report_has_the_documented_plan_in_all_four_databases(
    server: SeededServer, report: str, values: list[object]
) -> None:
    [(version,)] = server.rows("shop_sync", "SELECT VERSION()")
    written_down = PLANS[report]["MariaDB" if "MariaDB" in str(version) else "MySQL"]
    plans = {shop: plan(server, shop, getattr(statements, report), values) for shop in SHOPS}
    assert plans == dict.fromkeys(SHOPS, written_down)


def plan(server: SeededServer, shop: str, query: str, values: list[object]) -> tuple[str, ...]:
    with server.as_service(shop) as service, service.cursor(DictCursor) as cursor:
        cursor.execute("EXPLAIN FORMAT=TRADITIONAL" + query, values)
        return tuple(f"{step['table']} by {step['key']}" for step in cursor.fetchall())
