"""Malformed, excessive and unusual HTTP: no request hangs, none is a 500, no remainder is taken for another request."""

import pytest

from tests.support.bad_requests import GOOD_ORDER, GOOD_PATCH
from tests.support.combination import Combination
from tests.support.odd_http import ALIVE, CHUNKED, EXCESS, GARBAGE, JSON, LENGTH, PATCH, UNUSUAL
from tests.support.raw_http import exchange, head, wire

CHUNK = b"1000\r\n" + b" " * 4096 + b"\r\n"
LAST = b"b\r\n" + GOOD_PATCH + b"\r\n"
END = b"0\r\n\r\n"
CUT_OFF = {
    "length": head(PATCH, JSON, "Content-Length: 5000") + GOOD_PATCH,
    "chunks": head(PATCH, JSON, CHUNKED) + LAST,
}
KEYS = "SELECT name FROM idempotency_keys WHERE name LIKE 'given-twice-%'"


@pytest.mark.parametrize("name", GARBAGE)
def test_malformed_requests_are_refused_or_closed(combination: Combination, name: str) -> None:
    answer = exchange(combination.url, GARBAGE[name])
    assert answer is None or answer.status in {400, 501}
    assert answer is None or b"Traceback" not in answer.body
    assert combination.get("/health/live").status_code == 200


@pytest.mark.parametrize("name", EXCESS)
def test_requests_beyond_a_limit_are_refused_or_closed(combination: Combination, name: str) -> None:
    before = combination.written()
    answer = exchange(combination.url, EXCESS[name])
    assert answer is None or answer.status in {400, 413, 414, 431}
    assert combination.written() == before
    assert combination.get("/health/live").status_code == 200


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_requests_are_answered(combination: Combination, name: str) -> None:
    request, status = UNUSUAL[name]
    answer = exchange(combination.url, request)
    assert answer is not None
    assert (answer.status, answer.headers["X-Combination"]) == (status, combination.name)


@pytest.mark.parametrize("parts", [[*[CHUNK] * 20, LAST], [LAST, *[CHUNK] * 20]], ids=["end", "start"])
def test_chunks_over_64_kib_are_a_413_wherever_the_json_is(combination: Combination, parts: list[bytes]) -> None:
    before = combination.written()
    answer = exchange(combination.url, head(PATCH, JSON, CHUNKED), *parts, END)
    assert answer is not None
    assert answer.status == 413
    assert combination.written() == before


def test_chunks_of_5_mb_are_a_413_or_closed(combination: Combination) -> None:
    answer = exchange(combination.url, head(PATCH, JSON, CHUNKED), *[CHUNK] * 1250, END)
    assert answer is None or answer.status == 413


@pytest.mark.parametrize("rest", CUT_OFF.values(), ids=CUT_OFF)
def test_a_truncated_body_is_not_taken_for_whole(combination: Combination, rest: bytes) -> None:
    before = combination.written()
    with wire(combination.url) as connection:
        connection.send(rest)
        connection.done()
        answer = connection.answer()
    assert answer is None or answer.status == 400
    assert combination.written() == before


BEFORE = {
    "a body that nobody read": head("POST /nope HTTP/1.1", JSON, LENGTH) + GOOD_PATCH,
    "a GET with a body": head("GET /api/products/1 HTTP/1.1", JSON, LENGTH) + GOOD_PATCH,
    "a 405 with a body": head("PUT /api/products/1 HTTP/1.1", JSON, LENGTH) + GOOD_PATCH,
    "a 415": head(PATCH, "Content-Type: text/plain", LENGTH) + GOOD_PATCH,
    "a body too long": head(PATCH, JSON, "Content-Length: 100000") + b" " * 100_000,
}


@pytest.mark.parametrize("name", BEFORE)
def test_the_next_request_is_answered_unless_the_answer_said_close(combination: Combination, name: str) -> None:
    with wire(combination.url) as connection:
        connection.send(BEFORE[name])
        first = connection.answer()
        assert first is not None
        if first.headers["Connection"] == "close":
            assert connection.closed()
            return
        connection.send(head(ALIVE))
        following = connection.answer()
    assert following is not None
    assert following.status == 200


def test_a_body_of_5_mb_is_a_413_or_closed(combination: Combination) -> None:
    request = head(PATCH, JSON, "Content-Length: 5000000")
    answer = exchange(combination.url, request, *[b" " * 50_000] * 100)
    assert answer is None or answer.status == 413


def test_requests_may_be_pipelined(combination: Combination) -> None:
    with wire(combination.url) as connection:
        connection.send(b"".join(head(f"GET /api/products/{n} HTTP/1.1") for n in (3, 1, 2)))
        bodies = [connection.answer() for _ in range(3)]
    assert [answer and answer.body[:7] for answer in bodies] == [b'{"id":3', b'{"id":1', b'{"id":2']


def test_a_body_may_wait_for_100_continue(combination: Combination) -> None:
    with wire(combination.url) as connection:
        connection.send(head(PATCH, JSON, LENGTH, "Expect: 100-continue"))
        assert connection.line() == b"HTTP/1.1 100"
        connection.send(GOOD_PATCH)
        answer = connection.answer()
    assert answer is not None
    assert answer.status == 200


def test_a_repeated_key_header_is_refused_or_one_key(combination: Combination) -> None:
    names = [f"given-twice-{combination.name}-{number}" for number in (1, 2)]
    keys = [f"Idempotency-Key: {name}" for name in names]
    length = f"Content-Length: {len(GOOD_ORDER)}"
    answer = exchange(combination.url, head("POST /api/orders HTTP/1.1", JSON, *keys, length), GOOD_ORDER)
    assert answer is not None
    stored = [row[0] for row in combination.rows(KEYS)]
    assert (answer.status, stored) in [(400, []), (201, [",".join(names)])]
