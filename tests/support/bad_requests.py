"""Requests that must be refused, each with the expected status."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

JSON = {"Content-Type": "application/json"}
GOOD_ORDER = b'{"customer_id":1,"lines":[{"product_id":1,"quantity":1}]}'
GOOD_PATCH = b'{"stock":5}'
LARGEST_BODY = 64 * 1024
ORDERS, PRODUCT = "/api/orders", "/api/products/1"


@dataclass(frozen=True)
class Bad:
    """A request and the expected status; `says` must be part of the problem's detail."""

    name: str
    method: str
    target: str
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    says: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.target[:40]} {self.name}"


def both(name: str, body: bytes, status: int = 400, headers: Mapping[str, str] = JSON) -> list[Bad]:
    """The bad body for both routes that take one."""
    return [
        Bad(name, "POST", ORDERS, status, body, headers),
        Bad(name, "PATCH", PRODUCT, status, body, headers),
    ]


def patch(name: str, value: str, member: str) -> Bad:
    """A PATCH of one member; `value` is JSON text."""
    body = f'{{"{member}":{value}}}'.encode()
    return Bad(f"{member} {name}", "PATCH", PRODUCT, 400, body, JSON, f"$.{member}")


def order(name: str, customer: str = "1", product: str = "1", quantity: str = "1") -> Bad:
    """An order with one line; the values are JSON text."""
    line = f'{{"product_id":{product},"quantity":{quantity}}}'
    body = f'{{"customer_id":{customer},"lines":[{line}]}}'.encode()
    return Bad(name, "POST", ORDERS, 400, body, JSON)


UNREADABLE = {
    "empty": b"",
    "white space": b" \n ",
    "not JSON": b"{stock:5}",
    "cut off": b'{"customer_id":1,"li',
    "single quotes": b"{'stock':5}",
    "trailing comma": b'{"stock":5,}',
    "two values": b'{"stock":5}{"stock":6}',
    "a comment": b'{"stock":5} // five',
    "a form": b"stock=5",
    "a byte order mark": b"\xef\xbb\xbf" + GOOD_PATCH,
    "UTF-16": '{"stock":5}'.encode("utf-16"),
    "broken UTF-8": b'{"name":"\xff\xfe"}',
    "overlong UTF-8": b'{"name":"\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"name":"\xed\xa0\x80"}',
    "a raw NUL": b'{"name":"a\x00b"}',
    "a raw line end": b'{"name":"a\nb"}',
    "a lone surrogate": b'{"name":"\\ud800"}',
    "a lone low surrogate": b'{"name":"\\udc00x"}',
    "a bad escape": b'{"name":"\\x41"}',
    "deep lists": b"[" * 30_000,
    "deep closed lists": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"stock":' * 7_000,
    "deep value of a member": b'{"name":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep value of an unknown member": b'{"x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "NaN": b'{"stock":NaN}',
    "Infinity": b'{"stock":Infinity}',
}
NOT_AN_OBJECT = ["null", "true", "5", "1.5", '"text"', "[]", '[{"stock":5}]']
NO_JSON = [
    *("text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"),
    *("multipart/form-data; boundary=x", "application/jsonx", "application/json-patch+json"),
    *("application/merge-patch+json", "text/json", "json", ";", "application/json, text/plain"),
]
BODIES: Sequence[Bad] = [
    *(bad for name, body in UNREADABLE.items() for bad in both(name, body)),
    *(bad for text in NOT_AN_OBJECT for bad in both(text, text.encode())),
    *(bad for bad in both("{}", b"{}")),
    *(bad for kind in NO_JSON for bad in both(kind, GOOD_PATCH, 415, {"Content-Type": kind})),
    *both("no content type", GOOD_PATCH, 415, {}),
    *both("one byte too long", b" " * (LARGEST_BODY + 1 - len(GOOD_PATCH)) + GOOD_PATCH, 413),
    *both("long and no JSON", b"x" * 200_000, 413, {"Content-Type": "text/plain"}),
    *both("an unknown member", b'{"stock":5,"price":"1.00","hidden":1}'),
]

BAD_NUMBERS = {
    "negative": "-1", "null": "null", "true": "true", "a string": '"1"', "a fraction": "1.5",
    "huge": "9" * 400, "past the column": "4294967296", "past 64 bits": "18446744073709551616",
    "infinite": "1e400", "tiny": "1e-400", "a list": "[1]", "an object": "{}",
    "SQL": '"1; DROP TABLE orders"', "leading zero": "01", "a plus": "+1", "hexadecimal": "0x1",
}  # fmt: skip
BAD_NAMES = {
    "empty": '""', "null": "null", "a number": "5", "too long": json.dumps("x" * 121),
    "too long in carts": json.dumps("🛒" * 121), "NUL": '"a\\u0000b"', "a line end": '"a\\nb"',
    "escape": '"\\u001b[31m"', "delete": '"\\u007f"', "a list": '["a"]',
}  # fmt: skip
BAD_PRICES = {
    "a number": "1.00", "null": "null", "empty": '""', "no places": '"5"', "one place": '"5.0"',
    "three places": '"5.000"', "negative": '"-1.00"', "a plus": '"+1.00"', "a comma": '"1,00"',
    "too large": '"100000000.00"', "an exponent": '"1e2.00"', "NaN": '"NaN"', "spaces": '" 1.00"',
    "a line end": '"1.00\\n"', "leading zero": '"01.00"', "no whole part": '".50"',
    "other digits": '"\\u0661.\\u0660\\u0660"', "wide digits": '"\\uff11.\\uff10\\uff10"', "SQL": '"1.00\' OR 1=1 --"',
    "NUL": '"1.00\\u0000"', "long": json.dumps("9" * 5000 + ".00"),
}  # fmt: skip
MEMBERS: Sequence[Bad] = [
    *(
        order(f"{member} {name}", **{member: value})
        for member in ("customer", "product", "quantity")
        for name, value in {**BAD_NUMBERS, "zero": "0"}.items()
    ),
    order("quantity above the limit", quantity="1001"),
    *(
        Bad(f"stock {name}", "PATCH", PRODUCT, 400, f'{{"stock":{value}}}'.encode(), JSON)
        for name, value in BAD_NUMBERS.items()
    ),
    *(patch(name, value, "name") for name, value in BAD_NAMES.items()),
    *(patch(name, value, "price") for name, value in BAD_PRICES.items()),
]


def lines(name: str, text: str) -> Bad:
    return Bad(name, "POST", ORDERS, 400, f'{{"customer_id":1,"lines":{text}}}'.encode(), JSON)


LINE = '{"product_id":%d,"quantity":1}'
LINES: Sequence[Bad] = [
    lines("no line", "[]"),
    lines("null", "null"),
    lines("an object", LINE % 1),
    lines("a line that is null", "[null]"),
    lines("a line that is a list", "[[1,1]]"),
    lines("fifty-one lines", f"[{','.join(LINE % number for number in range(1, 52))}]"),
    lines("the same product twice", f"[{LINE % 1},{LINE % 1}]"),
    lines("no product", '[{"quantity":1}]'),
    lines("no quantity", '[{"product_id":1}]'),
    lines("an unknown member", '[{"product_id":1,"quantity":1,"price":"0.01"}]'),
    Bad("no customer", "POST", ORDERS, 400, b'{"lines":[%s]}' % (LINE % 1).encode(), JSON),
    Bad("no lines", "POST", ORDERS, 400, b'{"customer_id":1}', JSON, "lines"),
    Bad("an unknown member", "POST", ORDERS, 400, GOOD_ORDER[:-1] + b',"total":"0.00"}', JSON, "total"),
]
