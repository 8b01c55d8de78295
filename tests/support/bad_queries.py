"""Query parameters that must be refused with a 400 that names the parameter."""

from collections.abc import Sequence

from tests.support.bad_requests import GOOD_ORDER, GOOD_PATCH, JSON, Bad

CATALOGUE, REVENUE = "/api/products", "/api/reports/revenue"
NO_NUMBER = [
    *("", "abc", "1.5", "1e1", "0x10", "1_0", "%2B5", "%205", "5%20", "5%00", "5%0A", "--5", "null"),
    *("%D9%A5", "%EF%BC%95", "%C2%B2", "%ff", "9" * 30, "9" * 3000, "1;DROP%20TABLE%20orders", "[5]"),
]
NO_CATEGORY = [
    *("", "Books", "bo%20oks", "-books", "1books", "books%0A", "books%00", "b%C3%BCcher", "%ff"),
    *("x" * 41, "x" * 3000, "books'--", "books%27%20OR%20%271%27=%271", "*", "%25", "b_oks", "../x"),
]
OUTSIDE = {
    f"{CATALOGUE}?limit": ["0", "101", "-1", "4294967296"],
    f"{CATALOGUE}?after": ["-1", "4294967296", "18446744073709551616"],
    f"{REVENUE}?days": ["0", "366", "-1", "4294967296"],
}
TWICE = {
    "limit": f"{CATALOGUE}?limit=5&limit=5",
    "after": f"{CATALOGUE}?after=1&limit=5&after=2",
    "category": f"{REVENUE}?category=books&category=toys",
    "days": f"{REVENUE}?days=5&days=",
}
UNKNOWN = {
    "page": f"{CATALOGUE}?page=2",
    "Limit": f"{CATALOGUE}?Limit=5",
    "limit[]": f"{CATALOGUE}?limit%5B%5D=5",
    "x": f"{REVENUE}?days=5&x",
    "q": "/api/products/1?q=1",
    "from": "/api/dashboard?from=2026-01-01",
    "lines": "/api/orders/1?lines=no",
}


def bad(target: str, says: str) -> Bad:
    """A GET whose problem must name the parameter `says`."""
    return Bad("", "GET", target, 400, says=says)


QUERIES: Sequence[Bad] = [
    *(
        bad(f"{path}={value}", path.partition("?")[2])
        for path, values in OUTSIDE.items()
        for value in [*values, *NO_NUMBER]
    ),
    *(bad(f"{path}?category={value}", "category") for path in (CATALOGUE, REVENUE) for value in NO_CATEGORY),
    *(bad(target, name) for name, target in TWICE.items()),
    *(bad(target, name) for name, target in UNKNOWN.items()),
    Bad("", "POST", "/api/orders?x=1", 400, GOOD_ORDER, JSON, "x"),
    Bad("", "PATCH", "/api/products/1?x=1", 400, GOOD_PATCH, JSON, "x"),
]
