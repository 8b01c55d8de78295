"""Requests that no handler may see, although a server lets them through."""

from urllib.parse import urlsplit

from shared.http.errors import Problem


def refusal(target: str, two_lengths: bool) -> Problem | None:
    """The problem with a request's target, or with one that has both Content-Length and Transfer-Encoding."""
    if two_lengths:  # RFC 9112, 6.1: what follows on the connection may be smuggled, so it is closed as well
        return Problem(400, "Content-Length and Transfer-Encoding exclude each other.")
    if "#" in target or not (target.startswith("/") or target == "*" or _is_absolute(target)):
        return Problem(400, "The target of the request is not one of HTTP.")
    return None


def _is_absolute(target: str) -> bool:
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path.startswith("/")
