"""k6 checks what answers say, not only their status."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from loadtests.schema.result import Result
from tests.support.cells import broken_rules
from tests.support.k6_runs import measure
from tests.support.known_service import Answer, KnownService

pytestmark = pytest.mark.usefixtures("k6")


def _status(path: str, answer: Answer) -> None:
    answer.status = 500


def _type(path: str, answer: Answer) -> None:
    answer.content_type = "text/html"


def _sender(path: str, answer: Answer) -> None:
    if not path.startswith("/health"):
        answer.headers["X-Combination"] = "another"


def _empty(path: str, answer: Answer) -> None:
    answer.body = {}


def _same_page(path: str, answer: Answer) -> None:
    answer.body = answer.body | {"items": answer.body["items"][:1] * 20}


def _unsorted(path: str, answer: Answer) -> None:
    items = answer.body["items"]
    items[3], items[4] = items[4], items[3]


def _price(path: str, answer: Answer) -> None:
    answer.body["items"][3]["price"] = 12.3


def _short(path: str, answer: Answer) -> None:
    answer.body["items"] = answer.body["items"][:5]


def _days(path: str, answer: Answer) -> None:
    answer.body["days"] = 7


def _category(path: str, answer: Answer) -> None:
    answer.body["category"] = "another"


def _total(path: str, answer: Answer) -> None:
    answer.body["total"] = "0.01"


def _lines(path: str, answer: Answer) -> None:
    answer.body["lines"] = [{"product_id": 1, "quantity": 1, "unit_price": "1.00"}]
    answer.body["total"] = "1.00"


def _best_sellers(path: str, answer: Answer) -> None:
    del answer.body["best_sellers"]


def _not_mine(path: str, answer: Answer) -> None:
    answer.body["price"] = "0.01"


def only_api(spoil: Callable[[str, Answer], None]) -> Callable[[str, Answer], None]:
    return lambda path, answer: None if path.startswith("/health") else spoil(path, answer)


@pytest.mark.parametrize(
    ("spoil", "route", "kind"),
    [
        (_status, "products", "status"),
        (_type, "products", "content type"),
        (_sender, "products", "combination"),
        (_empty, "products", "body"),
        (_same_page, "products", "body"),
        (_unsorted, "products", "body"),
        (_price, "products", "body"),
        (_short, "products", "body"),
        (_empty, "product", "body"),
        (_days, "revenue", "body"),
        (_category, "revenue", "body"),
        (_empty, "revenue", "body"),
        (_best_sellers, "dashboard", "body"),
        (_total, "order", "body"),
        (_lines, "create_order", "body"),
        (_not_mine, "update_product", "body"),
    ],
)
def test_a_wrong_answer_is_counted_by_its_kind_and_fails_the_run(
    tmp_path: Path, spoil: Callable[[str, Answer], None], route: str, kind: str
) -> None:
    with KnownService("sync", spoil=only_api(spoil)) as service:
        run = measure(tmp_path, service, MIX=f"{route}=1")
    assert run.status == 99
    result = run.result("sync")
    assert result["requests"] > 0
    assert result["failures"][kind] == result["requests"]
    name = "failed" if kind == "status" else "checks_failed"
    assert result[name] == result["routes"][route][name] == result["requests"]
    assert sum(part["failed"] for part in result["timeline"]) == result["failed"]
    assert "sync: " in run.log


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_not_followed_and_named(tmp_path: Path, status: int) -> None:
    with KnownService("elsewhere") as elsewhere:

        def redirect(_path: str, answer: Answer) -> None:
            answer.status, answer.headers["Location"] = status, f"{elsewhere.url}/api/products"

        with KnownService("sync", spoil=only_api(redirect)) as service:
            run = measure(tmp_path, service, MIX="products=1")
        assert elsewhere.requests == []
        assert f"redirect to {elsewhere.url}/api/products" in run.log
    result = run.result("sync")
    assert result["failures"]["redirect"] == result["failed"] == result["requests"] > 0
    broken = broken_rules(msgspec.convert(result, Result))
    assert "redirect" in broken
    assert "failed requests" not in broken


def test_short_stock_is_expected_and_counted_apart(tmp_path: Path) -> None:
    def short(path: str, answer: Answer) -> None:
        if path == "/api/orders":
            answer.status, answer.content_type = 409, "application/problem+json"

    with KnownService("sync", spoil=short) as service:
        run = measure(tmp_path, service, MIX="create_order=1")
    result = run.result("sync")
    assert run.status == 0
    assert (result["failed"], result["checks_failed"]) == (0, 0)
    assert result["short_stock"] == result["requests"] > 0
