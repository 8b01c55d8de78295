"""Which route of the table a request is for."""

import re

from shared.http.routes import ROUTES


def route_of(method: str, address: str) -> str | None:
    """Gives the name of the route, None for a request that is for none; an id is a whole number."""
    path = address.partition("?")[0]
    names = (one.name for one in ROUTES if one.method == method and re.fullmatch(_pattern(one.path), path))
    return next(names, None)


def _pattern(path: str) -> str:
    return re.sub(r"{\w+}", r"\\d+", path)
