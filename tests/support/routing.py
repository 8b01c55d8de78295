"""Matches requests with the table of routes."""

import re

from shared.http.routes import ROUTES


def route_of(method: str, address: str) -> str | None:
    """The name of the route, or None; an id is a whole number."""
    path = address.partition("?")[0]
    names = (route.name for route in ROUTES if route.method == method and re.fullmatch(_pattern(route.path), path))
    return next(names, None)


def _pattern(path: str) -> str:
    return re.sub(r"{\w+}", r"\\d+", path)
