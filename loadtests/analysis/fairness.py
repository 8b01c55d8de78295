"""Which entries of the ledger may differ between combinations, and the written reason for each."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Final, NamedTuple

from loadtests.schema.result import Varies
from loadtests.schema.run import Ledger

STACK: Final = "stack"
CACHE: Final = "cache"
SERVER: Final = "server"
DRIVER: Final = "driver"
PYTHON: Final = "python"
CODE: Final = "code"
AXES: Final = (STACK, CACHE, SERVER, DRIVER, PYTHON, CODE)


class Allowed(NamedTuple):
    """Entries (or patterns of names) that may differ between combinations that differ in this, and why that is fair."""

    entries: tuple[str, ...]
    axis: str
    reason: str


class Differing(NamedTuple):
    """One entry with its value in each combination, null if missing, and the reason for the difference, if any."""

    entry: str
    values: dict[str, str | None]
    reason: str | None


OWN_PORT: Final = "every combination has a port of its own"
ALLOWED: Final = (
    Allowed(("address",), STACK, OWN_PORT),
    Allowed(("address",), CACHE, OWN_PORT),
    Allowed(("server",), STACK, "gunicorn serves WSGI, Hypercorn serves ASGI: the question itself"),
    Allowed(
        ("worker", "threads in a process"),
        STACK,
        "threads on one side, an event loop on the other: the question itself",
    ),
    Allowed(("event loop",), STACK, "threads on one side, asyncio's own loop on the other: the question itself"),
    Allowed(("cursor",), STACK, "two drivers, each with its default cursor, which gives tuples on both"),
    Allowed(("library *",), STACK, "each twin has the libraries of its side; what both have has one version"),
    Allowed(("error log",), STACK, "two servers, two loggers; nothing is logged while nothing fails"),
    Allowed(
        (
            "application loaded before the fork", "connections in a process", "control socket off", "header fields",
            "longest head, bytes", "longest header field, bytes", "longest request line, bytes",
            "place of the heartbeat file", "silence after which a worker is killed, s",
        ),
        STACK,
        "gunicorn and Hypercorn each have settings that the other lacks; docs/fairness.md",
    ),
    Allowed(("socket of each worker",), STACK, "a setting of gunicorn; async's parent does the same itself"),
    Allowed(
        ("headers of peers that set the *", "peers whose headers are trusted"),
        STACK,
        "gunicorn is told to trust none; Hypercorn trusts none",
    ),
    Allowed(("requests before a connection is closed",), STACK, "gunicorn has none, Hypercorn's is out of reach"),
    Allowed(("requests before a worker is replaced",), STACK, "off; Hypercorn's parent is ours and has no such thing"),
    Allowed(("Redis parser",), STACK, "redis-py's blocking and its awaiting reader, both on hiredis"),
    Allowed(("Redis time-out, s",), STACK, "by the socket on one side, by a limit around the call on the other"),
    Allowed(
        ("Redis connections", "Redis client's *", "Redis parser", "Redis t*"),
        CACHE,
        "only a combination with the cache has connections to Redis",
    ),
    Allowed(("address",), SERVER, OWN_PORT),
    Allowed(("address",), DRIVER, OWN_PORT),
    Allowed(
        (
            "server", "worker", "threads in a process", "event loop", "library *", "*log", "connections in a process",
            "grace time, s", "keep-alive time, s", "processes", "header*", "peers whose headers are trusted",
            "longest *", "requests before *", "application loaded before the fork", "control socket off",
            "place of the heartbeat file", "silence after which a worker is killed, s", "socket of each worker",
        ),
        SERVER,
        "another server is the question; what it has no setting for is in docs/studies.md",
    ),
    Allowed(("library *", "cursor", "conversions"), DRIVER, "another driver is the question"),
    Allowed(("address",), PYTHON, OWN_PORT),
    Allowed(("Python", "library *"), PYTHON, "another version of Python is the question"),
    Allowed(("address",), CODE, OWN_PORT),
    Allowed(
        (
            "JSON encoder", "Redis connections", "Redis client's *", "Redis t*", "TLS of database connections",
            "conversions", "cursor", "database connections", "library *", "requests at once in a process", "session *",
            "sessions' *",
        ),
        CODE,
        "other code is the question: it connects as it likes, and tells of its server and libraries alone",
    ),
)  # fmt: skip


def differences(ledgers: Mapping[str, Ledger], axes: Mapping[str, Varies]) -> list[Differing]:
    """The entries that differ between combinations; `axes` holds what each one varies.

    Each pair of combinations that differs in an entry needs a reason from an axis in which they are meant to differ.
    """
    names = sorted({entry for ledger in ledgers.values() for entry in ledger})
    differing = []
    for entry in names:
        values = {name: ledger.get(entry) for name, ledger in ledgers.items()}
        if len(set(values.values())) > 1:
            differing.append(Differing(entry, values, _reason(entry, values, axes)))
    return differing


def unexplained(differing: list[Differing]) -> list[str]:
    return [
        f"{entry.entry}: {', '.join(f'{name} has {value}' for name, value in entry.values.items())}"
        for entry in differing
        if entry.reason is None
    ]


def _reason(entry: str, values: Mapping[str, str | None], axes: Mapping[str, Varies]) -> str | None:
    reasons = []
    for first, second in combinations(values, 2):
        if values[first] != values[second]:
            allowed = [_allowed(entry, axis) for axis in _apart(axes[first], axes[second])]
            reasons.append(next((reason for reason in allowed if reason), None))
    if None in reasons:
        return None
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def _apart(first: Varies, second: Varies) -> list[str]:
    # Services with other code are not twins of each other: each has its own entries.
    return [axis for axis in AXES if getattr(first, axis) != getattr(second, axis) or (axis == CODE and first.code)]


def _allowed(entry: str, axis: str) -> str | None:
    rows = (row for row in ALLOWED if row.axis == axis and any(fnmatchcase(entry, name) for name in row.entries))
    return next((row.reason for row in rows), None)
