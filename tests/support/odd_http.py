"""Malformed and unusual HTTP requests, with the statuses that both servers must answer."""

from collections.abc import Mapping

from tests.support.bad_requests import GOOD_ORDER, GOOD_PATCH
from tests.support.raw_http import head

ALIVE = "GET /health/live HTTP/1.1"
PATCH = "PATCH /api/products/1 HTTP/1.1"
JSON = "Content-Type: application/json"
LENGTH = f"Content-Length: {len(GOOD_PATCH)}"
CHUNKED = "Transfer-Encoding: chunked"
IN_CHUNKS = b"b\r\n" + GOOD_PATCH + b"\r\n0\r\n\r\n"

# Malformed: refused with a 400 (501 for an unknown transfer coding), or the connection is closed.
GARBAGE: Mapping[str, bytes] = {
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "one word": b"hello\r\n\r\n",
    "two words": b"GET /\r\n\r\n",
    "four words": b"GET / HTTP/1.1 now\r\nHost: a\r\n\r\n",
    "doubled spaces": b"GET  /health/live  HTTP/1.1\r\nHost: a\r\n\r\n",
    "no HTTP": b"GET / FTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the path": b"GET /api/products/\x001 HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes in the path": b"GET /api/products/\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "two hosts": b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a header without a colon": head(ALIVE, "nonsense"),
    "a header with a space in its name": head(ALIVE, "X-A : b"),
    "NUL in a header": head(ALIVE, "X-A: a\x00b"),
    "a negative length": head(PATCH, JSON, "Content-Length: -1") + GOOD_PATCH,
    "two lengths": head(PATCH, JSON, LENGTH, "Content-Length: 5") + GOOD_PATCH,
    "a length that is a word": head(PATCH, JSON, "Content-Length: eleven") + GOOD_PATCH,
    "a length with a plus": head(PATCH, JSON, "Content-Length: +11") + GOOD_PATCH,
    "an unknown coding": head(PATCH, JSON, "Transfer-Encoding: strange") + GOOD_PATCH,
    "a chunk of no size": head(PATCH, JSON, CHUNKED) + b"zz\r\n" + IN_CHUNKS,
    "a chunk of negative size": head(PATCH, JSON, CHUNKED) + b"-b\r\n" + IN_CHUNKS,
    "a chunk longer than said": head(PATCH, JSON, CHUNKED) + b"5\r\n" + GOOD_PATCH + b"\r\n0\r\n\r\n",
    "a body cut off by its length": head(PATCH, JSON, "Content-Length: 5") + GOOD_PATCH,
}
# Beyond a limit: these statuses, or the connection is closed.
EXCESS: Mapping[str, bytes] = {
    "a query of 200,000 letters": head(f"GET /api/products?x={'a' * 200_000} HTTP/1.1"),
    "a path of 200,000 letters": head(f"GET /{'a' * 200_000} HTTP/1.1"),
    "a header of 200,000 letters": head(ALIVE, f"X-A: {'b' * 200_000}"),
    "a key of 200,000 letters": head(
        "POST /api/orders HTTP/1.1", JSON, f"Idempotency-Key: {'k' * 200_000}", "Content-Length: 57"
    )
    + GOOD_ORDER,
    "20,000 headers": head(ALIVE, *(f"X-{number}: b" for number in range(20_000))),
}
# Unusual but valid.
UNUSUAL: Mapping[str, tuple[bytes, int]] = {
    "HTTP/1.0": (b"GET /health/live HTTP/1.0\r\n\r\n", 200),
    "an absolute target": (head("GET http://localhost/health/live HTTP/1.1"), 200),
    "another method in a header": (head(ALIVE, "X-HTTP-Method-Override: DELETE"), 200),
    "another path in a header": (head("GET /live HTTP/1.1", "X-Script-Name: /health"), 404),
    "conditions": (head(ALIVE, "If-None-Match: *", "If-Modified-Since: never"), 200),
    "a range": (head(ALIVE, "Range: bytes=0-3"), 200),
    "no JSON accepted": (head(ALIVE, "Accept: text/html;q=1, */*;q=0"), 200),
    "ninety headers": (head(ALIVE, *(f"X-{number}: b" for number in range(90))), 200),
    "a header of 8,000 letters": (head(ALIVE, f"X-A: {'b' * 8000}"), 200),
    "a query of 8,000 letters": (head(f"GET /api/products?x={'a' * 8000} HTTP/1.1"), 400),
    "a thousand parameters": (
        head(f"GET /api/products?{'&'.join(f'a{n}' for n in range(700))} HTTP/1.1"),
        400,
    ),
    "dots in the path": (head("GET /api/../health/live HTTP/1.1"), 404),
    "a body that is not asked for": (head(ALIVE, JSON, LENGTH) + GOOD_PATCH, 200),
    "chunks with extensions and trailers": (
        head(PATCH, JSON, CHUNKED) + b"b;a=b\r\n" + GOOD_PATCH + b"\r\n0\r\nX-T: 1\r\n\r\n",
        200,
    ),
    "a body in single bytes": (
        head(PATCH, JSON, CHUNKED) + b"".join(b"1\r\n%c\r\n" % letter for letter in GOOD_PATCH) + b"0\r\n\r\n",
        200,
    ),
    "a key with an underscore": (
        head("POST /api/orders HTTP/1.1", JSON, "Idempotency_Key: a b", "Content-Length: 57") + GOOD_ORDER,
        201,
    ),
}
