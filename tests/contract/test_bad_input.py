"""Bad input is refused with the right status and a problem with the reason, and nothing is written."""

from collections.abc import Sequence

import httpx
import pytest

from compose.local import rows
from tests.support.bad_queries import QUERIES
from tests.support.bad_requests import BODIES, GOOD_ORDER, GOOD_PATCH, JSON, LARGEST_BODY, LINES, MEMBERS, Bad
from tests.support.combination import Combination

KINDS = {"bodies": BODIES, "members": MEMBERS, "lines": LINES, "queries": QUERIES}
TABLE = [bad for kind in KINDS.values() for bad in kind]
WITH_SPACE = b" " * (LARGEST_BODY - len(GOOD_ORDER)) + GOOD_ORDER
JSON_TYPES = ["application/json; charset=utf-8", "APPLICATION/JSON", "application/json ; a=b"]


def sent(combination: Combination, bad: Bad) -> httpx.Response:
    return combination.client.request(bad.method, bad.target, content=bad.body, headers=bad.headers)


def checksums(combination: Combination) -> str:
    with combination.stack.admin(combination.stack.database(combination.name)) as root:
        return rows.checksums(root)


def test_the_table_has_no_request_twice() -> None:
    sent_parts = {(bad.method, bad.target, bad.body, str(bad.headers)) for bad in TABLE}
    assert len(sent_parts) == len(TABLE)


@pytest.mark.parametrize("bad", TABLE, ids=str)
def test_bad_input_is_refused_with_a_problem_and_its_reason(combination: Combination, bad: Bad) -> None:
    answer = sent(combination, bad)
    assert answer.status_code == bad.status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert bad.says in answer.json()["detail"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_bad_input_leaves_every_row_of_every_table_as_it_was(combination: Combination, kind: Sequence[Bad]) -> None:
    before = checksums(combination)
    assert {sent(combination, bad).status_code for bad in kind} <= {400, 413, 415}
    assert checksums(combination) == before


def test_a_body_of_exactly_64_kib_is_read(combination: Combination) -> None:
    assert len(WITH_SPACE) == LARGEST_BODY
    answer = combination.client.post("/api/orders", content=WITH_SPACE, headers=JSON)
    assert answer.status_code == 201


@pytest.mark.parametrize("kind", JSON_TYPES)
def test_json_may_have_other_content_types(combination: Combination, kind: str) -> None:
    headers = {"Content-Type": kind}
    answer = combination.client.patch("/api/products/1", content=GOOD_PATCH, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/api/products?", "/api/products?&", "/api/products?&limit=20&"])
def test_empty_parts_of_a_query_are_ignored(combination: Combination, path: str) -> None:
    assert combination.get(path).content == combination.get("/api/products").content


@pytest.mark.parametrize("detail", ["\\ud83d\\ude00", "%s %d {0} {x}", "<script>", "a" * 60_000])
def test_a_problem_repeats_little_of_the_request(combination: Combination, detail: str) -> None:
    body = f'{{"{detail}":1}}'.encode()
    answer = combination.client.patch("/api/products/1", content=body, headers=JSON)
    assert answer.status_code == 400
    assert len(answer.content) < 500
