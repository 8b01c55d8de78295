"""Request framing: malformed requests that a server accepts, and when a connection has to close."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.http.errors import Problem
from shared.http.parsing import MAX_READ


def refusal(method: str, target: str, fields: Mapping[str, str]) -> Problem | None:
    """A 400 for a malformed target or two lengths, else None; names of `fields` are in lower case."""
    if "content-length" in fields and "transfer-encoding" in fields:
        # RFC 9112, 6.1: what follows on the connection may be smuggled.
        return Problem(400, "Content-Length and Transfer-Encoding exclude each other.")
    if "#" in target or not (target.startswith("/") or _is_absolute(target) or (method, target) == ("OPTIONS", "*")):
        return Problem(400, "The target of the request is not one of HTTP.")
    return None


def ends_connection(method: str, target: str, version: tuple[int, int], fields: Mapping[str, str]) -> bool:
    """Whether Hypercorn closes the connection after this request; gunicorn is configured to do the same."""
    options = fields.get("connection", "").lower().split(",")
    length = fields.get("content-length", "")
    return (
        version < (1, 1)
        or "close" in (option.strip() for option in options)
        or (length.isdecimal() and int(length) > MAX_READ)
        or refusal(method, target, fields) is not None
    )


def _is_absolute(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path.startswith("/")
