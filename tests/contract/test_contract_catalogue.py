"""The pages of the catalogue."""

import re

import pytest

from tests.support.combination import Combination, Json

CATEGORIES = "SELECT name FROM categories ORDER BY id"
ALL_ITEMS = """
SELECT p.id, p.sku, p.name, c.name, CAST(p.price AS CHAR)
FROM products p JOIN categories c ON c.id = p.category_id"""
MEMBERS = ("id", "sku", "name", "category", "price")


def walk(combination: Combination, limit: int, category: str = "") -> list[list[Json]]:
    pages, after = [], 0
    while True:
        path = f"/api/products?after={after}&limit={limit}"
        page = combination.body(f"{path}&category={category}" if category else path)
        pages.append(page["items"])
        if page["next"] is None:
            return pages
        after = page["next"]


def members(pages: list[list[Json]]) -> list[tuple[object, ...]]:
    return [tuple(item[name] for name in MEMBERS) for page in pages for item in page]


def test_paging_returns_every_product_once_and_in_order(combination: Combination) -> None:
    pages = walk(combination, 100)
    assert members(pages) == combination.rows(f"{ALL_ITEMS} ORDER BY p.id")
    assert {len(page) for page in pages} == {100}


def test_paging_through_a_category_returns_its_products_once(combination: Combination) -> None:
    for (name,) in combination.rows(CATEGORIES):
        pages = walk(combination, 60, name)
        expected = combination.rows(f"{ALL_ITEMS} WHERE c.name = %s ORDER BY p.id", name)
        assert members(pages) == expected
        assert [len(page) for page in pages] == [60, 40]


def test_a_page_has_twenty_products_by_default(combination: Combination) -> None:
    page = combination.body("/api/products")
    assert [item["id"] for item in page["items"]] == list(range(1, 21))
    assert page["next"] == 20


@pytest.mark.parametrize("limit", [1, 2, 99, 100])
def test_a_page_has_the_requested_number_of_products(combination: Combination, limit: int) -> None:
    page = combination.body(f"/api/products?limit={limit}")
    assert len(page["items"]) == page["next"] == limit


@pytest.mark.parametrize(("after", "following"), [(1998, [1999, 2000]), (1999, [2000])])
def test_the_last_page_has_no_next(combination: Combination, after: int, following: list[int]) -> None:
    page = combination.body(f"/api/products?after={after}&limit=2")
    assert [item["id"] for item in page["items"]] == following
    assert page["next"] is None


@pytest.mark.parametrize("query", ["after=2000", "after=4294967295", "category=nothing-of-ours"])
def test_a_page_without_products_is_empty(combination: Combination, query: str) -> None:
    assert combination.body(f"/api/products?{query}") == {"items": [], "next": None}


def test_a_price_is_a_decimal_string_with_two_places(combination: Combination) -> None:
    prices = [item["price"] for page in walk(combination, 100) for item in page]
    assert all(re.fullmatch(r"[0-9]+\.[0-9]{2}", price) for price in prices)


def test_names_keep_letters_outside_ascii(combination: Combination) -> None:
    text = combination.get("/api/products?limit=100").content.decode("utf-8")
    assert "Häuslich" in text
    assert "Café" in text
