"""The format of cached values, and when to refresh one.

A value is: the stamps of its groups, the soft end (ms since 1970), the duration of its load (ms), a checksum, the body.
The checksum covers the key and what follows the stamps, so a reply to another command or a corrupted one is a miss.
"""

from math import log
from random import random
from secrets import token_bytes
from struct import Struct
from time import time
from typing import TypeAlias, cast
from zlib import crc32

import msgspec

JITTER = 0.1
# In the last fifth of its lifetime a value is served as `stale` while it is refreshed.
SOFT_SHARE = 0.8
STAMP_LIFETIME = 24 * 3600
STAMP_LENGTH = 8
# -log(random()) exceeds this with probability 2e-9.
LONGEST_EXPONENTIAL = 20.0

Stamps: TypeAlias = tuple[bytes, ...]
_TIMES = Struct(">QI")
_CHECKSUM = Struct(">I")


class Garbled(Exception):
    """A malformed reply."""


class Lookup(msgspec.Struct):
    """The result of one MGET.

    `body` is None without a valid value; `stamps` holds one per group, None where it is missing. `state` is `hit` or,
    past the soft end, `stale`; `due`: refresh it now; `head` identifies this version of the value.
    """

    body: bytes | None
    stamps: list[bytes | None]
    state: str = "hit"
    due: bool = False
    head: bytes = b""


def parse_lookup(key: str, reply: object, count: int) -> Lookup:
    """Parse the reply to an MGET of a value and its `count` stamps."""
    if type(reply) is not list or len(reply) != count + 1:
        raise Garbled(repr(reply)[:100])
    value, *rest = reply
    stamps = [usable_stamp(stamp) for stamp in rest]
    if value is None or None in stamps:
        return Lookup(None, stamps)
    return unpack(key, value, stamps) or Lookup(None, stamps)


def unpack(key: str, value: object, stamps: list[bytes | None]) -> Lookup | None:
    """None unless the value is intact, belongs to the key and carries these stamps."""
    if type(value) is not bytes:
        raise Garbled(repr(value)[:100])
    front = b"".join(cast(list[bytes], stamps))
    middle = len(front) + _TIMES.size
    start = middle + _CHECKSUM.size
    if len(value) < start or not value.startswith(front):
        return None
    times, body = value[len(front) : middle], value[start:]
    if value[middle:start] != _checksum(key, times, body):
        return None
    soft_end, cost = _TIMES.unpack(times)
    left = soft_end - 1000 * time()
    if left > LONGEST_EXPONENTIAL * cost:
        return Lookup(body, stamps)
    return Lookup(body, stamps, "hit" if left > 0 else "stale", is_due(left, cost), value[:start])


def is_due(left: float, cost: float) -> bool:
    """Decide at random whether to refresh a value `left` ms before its soft end, given a load of `cost` ms.

    XFetch with beta = 1: A. Vattani, F. Chierichetti, K. Lowenstein, Optimal Probabilistic Cache Stampede Prevention,
    PVLDB 8(8), 2015.
    """
    return left <= -cost * log(1.0 - random())  # noqa: S311


def enclose(key: str, stamps: Stamps, body: bytes, soft_end: int, cost: int) -> bytes:
    """Encode a value; `stamps` are those from before the database was read, times are in ms."""
    times = _TIMES.pack(soft_end, min(cost, 2**32 - 1))
    return b"".join(stamps) + times + _checksum(key, times, body) + body


def lifetime(seconds: float) -> int:
    """Lifetime in ms with ±10 % jitter, so that values stored together do not expire together."""
    return max(1, round(1000 * seconds * (1 + JITTER * (2 * random() - 1))))  # noqa: S311


def usable_stamp(stamp: object) -> bytes | None:
    """None for a stamp of the wrong length; raises Garbled for a reply that is not a string."""
    if stamp is not None and type(stamp) is not bytes:
        raise Garbled(repr(stamp)[:100])
    return stamp if stamp is not None and len(stamp) == STAMP_LENGTH else None


def new_stamp() -> bytes:
    return token_bytes(STAMP_LENGTH)


def _checksum(key: str, times: bytes, body: bytes) -> bytes:
    return _CHECKSUM.pack(crc32(body, crc32(times, crc32(key.encode()))))
