"""Digests of the database are named after the service's own statements."""

import re
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from compose.local.stack import Stack
from loadtests.observe.database import ROUTES, name_of, read_digests, statements_between
from shared.database.connections import limited
from shared.service.settings import Settings
from shared.shop import statements

SECONDS = 30.0
JOURNEYS = Path(__file__).parents[3] / "loadtests" / "lib" / "journeys.js"


def test_every_statement_listed_for_a_route_exists() -> None:
    missing = {name for names in ROUTES.values() for name in names if not hasattr(statements, name)}
    assert missing == set()


def test_every_request_of_the_load_has_its_statements() -> None:
    table = JOURNEYS.read_text().partition("export const ROUTES = {")[2].partition("}")[0]
    asked = set(re.findall(r"^  (\w+)[,:]", table, re.MULTILINE))
    # The sweep requests pages as `page`; their statements are those of `products`.
    assert asked - {"page"} == set(ROUTES)


def test_the_statements_of_routes_have_their_name_and_cost(stack: Stack) -> None:
    url, schema = stack.url("sync"), stack.database("sync")
    category = httpx.get(f"{url}/api/products", timeout=SECONDS).json()["items"][0]["category"]
    with closing(stack.admin()) as root:
        before = read_digests(root, schema)
        for path in ("products", f"products?category={category}", "reports/revenue?days=30", "dashboard", "orders/1"):
            assert httpx.get(f"{url}/api/{path}", timeout=SECONDS).status_code == 200
        found = {statement.statement: statement for statement in statements_between(before, read_digests(root, schema))}
    assert {"CATALOGUE", "CATALOGUE_OF_CATEGORY", "REVENUE", "BEST_SELLERS", "ORDER"} <= set(found)
    assert found["REVENUE"].executions == 1
    assert found["REVENUE"].routes == ["revenue"]
    assert found["REVENUE"].total_ms > 0
    assert found["REVENUE"].rows_examined > 1000


@pytest.mark.parametrize("text", ["SELECT `x` FROM `y`", "DO SLEEP(?)"])
def test_a_foreign_statement_is_named_by_its_text(text: str) -> None:
    assert name_of(text) == text


@pytest.mark.parametrize("server_version", ["10.11.19-MariaDB", "8.4.7"])
@pytest.mark.parametrize("name", ["CATALOGUE", "REVENUE", "CALENDAR_DAY"])
def test_a_read_with_little_time_left_keeps_its_name(name: str, server_version: str) -> None:
    settings = Settings(combination="any", bind="any:1", database_url="mysql://")
    text = limited(getattr(statements, name), 0.5, server_version, settings)
    assert text != getattr(statements, name)
    assert name_of(text) == name
