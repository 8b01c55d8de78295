"""Redis commands, each with the parser of its reply."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from shared.cache.plans import Plan
from shared.cache.steps import Command
from shared.cache.values import STAMP_LIFETIME, Garbled, Stamps, parse_lookup, unpack, usable_stamp

# Takes the lease unless a newer value with these stamps exists.
LEASE: Final = """
local value = redis.call('GET', KEYS[1])
if value and value:sub(1, #ARGV[1]) == ARGV[1] and (ARGV[2] == '' or value:sub(1, #ARGV[2]) ~= ARGV[2]) then
  return value
end
return redis.call('SET', KEYS[2], ARGV[3], 'NX', 'PX', ARGV[4])"""
# DEL first: a full Redis refuses the SET.
KEEP: Final = """
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])"""
FREE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0"""

OURS: Final = "ours"
THEIRS: Final = "theirs"
SWEEP_BATCH: Final = 1000


class Names:
    """The keys of one combination in Redis."""

    def __init__(self, prefix: str) -> None:
        self._value = f"{prefix}:value:"
        self._stamp = f"{prefix}:stamp:"
        self._lease = f"{prefix}:lease:"

    def value(self, plan: Plan) -> str:
        return self._value + plan.key

    def stamp(self, group: str) -> str:
        return self._stamp + group

    def lease(self, flight: str) -> str:
        return self._lease + flight

    @property
    def stamps(self) -> str:
        """A glob that matches exactly the stamps."""
        return "".join(f"\\{letter}" if letter in "*?[]^\\" else letter for letter in self._stamp) + "*"


def find(names: Names, plan: Plan) -> Command:
    """Fetch a value and the stamps of its groups atomically."""
    keys = [names.stamp(group) for group in plan.groups]
    return Command(("MGET", names.value(plan), *keys), lambda reply: parse_lookup(plan.key, reply, len(keys)))


def make_stamp(key: str, new: bytes) -> Command:
    """Create a stamp unless there is one; the result is the current stamp, None if that is malformed."""

    def in_force(earlier: object) -> bytes | None:
        return new if earlier is None else usable_stamp(earlier)

    return Command(("SET", key, new, "NX", "GET", "EX", STAMP_LIFETIME), in_force)


def replace_stamp(key: str, new: bytes) -> Command:
    return Command(("SET", key, new, "EX", STAMP_LIFETIME), _ok)


def take_lease(names: Names, plan: Plan, flight: str, stamps: Stamps, seen: bytes, token: bytes, ms: int) -> Command:
    """Take the lease for `ms`; the result is OURS, THEIRS, or the body of a value that has arrived since `seen`."""
    words = ("EVAL", LEASE, 2, names.value(plan), names.lease(flight), b"".join(stamps), seen, token, ms)

    def outcome(reply: object) -> str | bytes:
        if reply is None:
            return THEIRS
        if reply == b"OK":
            return OURS
        lookup = unpack(plan.key, reply, list(stamps))
        # The new value is damaged and nobody holds the lease: load it without one.
        return OURS if lookup is None or lookup.body is None else lookup.body

    return Command(words, outcome, plan.groups)


def keep(names: Names, plan: Plan, flight: str, token: bytes, value: bytes, ms: int) -> Command:
    """Release the lease if it is still ours and store the value for `ms`, atomically."""
    words = ("EVAL", KEEP, 2, names.value(plan), names.lease(flight), token, value, ms)
    return Command(words, _ok, plan.groups, plan.groups)


def free_lease(names: Names, plan: Plan, flight: str, token: bytes) -> Command:
    return Command(("EVAL", FREE, 1, names.lease(flight), token), _number, plan.groups, plan.groups)


def drop(names: Names, groups: Sequence[str]) -> Command:
    """Invalidate the groups by deleting their stamps; a full Redis accepts DEL."""
    owed = tuple(groups)
    return Command(("DEL", *map(names.stamp, groups)), _number, owed, owed, may_be_refused=False)


def delete(keys: Sequence[bytes]) -> Command:
    return Command(("DEL", *keys), _number)


def sweep(names: Names, cursor: bytes) -> Command:
    """Scan for stamps from `cursor`; the result is (next cursor, keys), with cursor `0` at the end."""
    return Command(("SCAN", cursor, "MATCH", names.stamps, "COUNT", SWEEP_BATCH), _scanned)


def ping() -> Command:
    return Command(("PING",), partial(_equal, b"PONG"))


def _equal(expected: bytes, reply: object) -> bytes:
    if reply != expected:
        raise Garbled(repr(reply)[:100])
    return expected


def _ok(reply: object) -> bytes:
    return _equal(b"OK", reply)


def _number(reply: object) -> int:
    if type(reply) is not int:
        raise Garbled(repr(reply)[:100])
    return reply


def _scanned(reply: object) -> tuple[bytes, list[bytes]]:
    if type(reply) is not list or len(reply) != 2 or type(reply[1]) is not list:
        raise Garbled(repr(reply)[:100])
    return reply[0], reply[1]
