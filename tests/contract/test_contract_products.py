"""One product, and its change."""

import pytest

from tests.support.clock import span
from tests.support.combination import Combination, Json

PRODUCT = """
SELECT p.id, p.sku, p.name, c.name, CAST(p.price AS CHAR), p.stock,
  REPLACE(DATE_FORMAT(p.updated_at, '%%Y-%%m-%%dT%%T.%%fZ'), '.000000', '')
FROM products p JOIN categories c ON c.id = p.category_id WHERE p.id = %s"""
MEMBERS = ("id", "sku", "name", "category", "price", "stock", "updated_at")
CHANGES: list[Json] = [
    {"name": "A new name"},
    {"price": "0.00"},
    {"price": "99999999.99"},
    {"stock": 0},
    {"stock": 4_294_967_295},
    {"name": "Ünïcödé ✓ 🛒 " + "x" * 100, "price": "12.30", "stock": 7},
    {"name": "Robert'); DROP TABLE products;-- %s %(x)s \\ \" `"},
    {"name": "n" * 120},
    {"name": "🛒" * 120},
]


@pytest.mark.parametrize("number", [1, 7, 1234, 2000])
def test_a_product_is_its_row(combination: Combination, number: int) -> None:
    members = combination.body(f"/api/products/{number}")
    assert tuple(members) == MEMBERS
    assert tuple(members.values()) == combination.rows(PRODUCT, number)[0]


@pytest.mark.parametrize("path", ["0", "2001", "4294967295", "4294967296", "9" * 19, "9" * 400])
def test_an_unknown_product_is_a_404(combination: Combination, path: str) -> None:
    answer = combination.get(f"/api/products/{path}")
    assert answer.status_code == 404
    assert "product" in answer.json()["detail"]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_patch_changes_only_the_members_it_names(combination: Combination, change: Json) -> None:
    before = combination.body("/api/products/11")
    others = "SELECT SUM(CRC32(CONCAT_WS('|', id, name, price, stock, updated_at))) FROM products"
    untouched = combination.rows(f"{others} WHERE id <> 11")
    with span() as sent:
        answer = combination.patch(11, **change)
    after = answer.json()
    assert answer.status_code == 200
    assert sent.holds(after.pop("updated_at"))
    del before["updated_at"]
    assert after == {**before, **change}
    assert combination.rows(f"{others} WHERE id <> 11") == untouched


def test_a_patch_answers_like_the_next_read(combination: Combination) -> None:
    changed = combination.patch(12, price="1.05", stock=3)
    assert combination.get("/api/products/12").content == changed.content


def test_a_changed_name_and_price_show_in_the_catalogue(combination: Combination) -> None:
    combination.body("/api/products?after=12&limit=1")
    combination.patch(13, name="Seen in the catalogue", price="77.07")
    item = combination.body("/api/products?after=12&limit=1")["items"][0]
    assert (item["name"], item["price"]) == ("Seen in the catalogue", "77.07")


def test_the_same_patch_twice_is_a_200_twice(combination: Combination) -> None:
    answers = [combination.patch(14, stock=9).json() for _ in range(2)]
    assert answers[0]["updated_at"] < answers[1]["updated_at"]
    assert answers[0]["stock"] == answers[1]["stock"] == 9


@pytest.mark.parametrize("number", ["0", "2001", "99999999999999999999", "x"])
def test_a_patch_of_an_unknown_product_is_a_404_and_writes_nothing(combination: Combination, number: str) -> None:
    before = combination.written()
    answer = combination.client.patch(f"/api/products/{number}", json={"stock": 1})
    assert answer.status_code == 404
    assert combination.written() == before
