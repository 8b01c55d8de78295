"""Which of the service's statements a digest of the database is, and which routes send it."""

import re
from typing import Final

from shared.shop import statements

# Who sends what: names of shared/shop/statements.py, by the routes as the load names them.
ROUTES: Final[dict[str, tuple[str, ...]]] = {
    "products": ("CATALOGUE", "CATALOGUE_OF_CATEGORY"),
    "product": ("PRODUCT",),
    "revenue": ("CALENDAR_DAY", "REVENUE", "REVENUE_OF_CATEGORY"),
    "dashboard": ("BEST_SELLERS", "LOW_STOCK", "LATEST_ORDERS", "REVENUE_BY_DAY"),
    "order": ("ORDER",),
    "create_order": (
        "CUSTOMER_AND_NOW", "INSERT_ORDER", "TAKE_STOCK", "CLAIM_KEY", "STORED_ANSWER", "STORE_ANSWER",
        "lock_products", "categories_of", "insert_lines", "BEGIN", "COMMIT",
    ),
    "update_product": ("CHANGE_PRODUCT", "PRODUCT", "BEGIN", "COMMIT"),
}  # fmt: skip
# How MariaDB spells in a digest what is a keyword of its own.
SPELLINGS: Final = {"sql_tsi_day": "day", "sql_tsi_month": "month"}
WORD: Final = re.compile(r"[a-z_]+")
LITERAL: Final = re.compile(r"'[^']*'|%[sY%]|%%\w")
# What MySQL reads and MariaDB skips.
FOR_MYSQL: Final = re.compile(r"/\*!.*?\*/", re.DOTALL)
LONGEST_TEXT: Final = 80


def name_of(digest: str) -> str:
    """Gives the name in shared/shop/statements.py, else the beginning of the digest's text."""
    return _KNOWN.get(_words(digest)) or " ".join(digest.split())[:LONGEST_TEXT]


def routes_of(name: str) -> list[str]:
    """Gives the routes that send a statement, none for one that is not the service's."""
    return [route for route, names in ROUTES.items() if name in names]


def _words(text: str) -> tuple[str, ...]:
    words = WORD.findall(LITERAL.sub(" ", text).lower())
    return tuple(SPELLINGS.get(word, word) for word in words)


def _texts() -> dict[str, str]:
    fixed = {name: text for name, text in vars(statements).items() if name.isupper() and isinstance(text, str)}
    made = (statements.lock_products, statements.categories_of, statements.insert_lines)
    return fixed | {call.__name__: call(1) for call in made}


_KNOWN: Final = {_words(each): name for name, text in _texts().items() for each in (text, FOR_MYSQL.sub("", text))}
