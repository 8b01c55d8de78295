"""The policy of the cache: what a read, a refresh and a drop do, step by step. No I/O.

The guarantee: a read that starts after a write was answered never returns the value from before that write. It rests on
three rules, which tests/cache/test_cache_policy.py tries in every order of events:

- a reader that finds a stamp missing makes one before it reads the database;
- a writer deletes the stamps of what it touched after its commit and before its answer;
- a flight, in the process or by a lease in Redis, is named by key *and* stamps that the reader itself has seen, so
  nobody can join one that began before a write that was answered before he started.
"""

from collections.abc import Iterator
from secrets import token_bytes
from time import monotonic, time
from typing import Final

import msgspec

from shared.cache import commands
from shared.cache import values as cache_values
from shared.cache.breaker import Breaker
from shared.cache.commands import OURS, THEIRS, Names
from shared.cache.plans import Plan
from shared.cache.steps import LOAD, CacheTrouble, Command, Pause, Steps
from shared.cache.values import SOFT_SHARE, Found, Stamps, enclose, lifetime
from shared.service.metrics import Metrics
from shared.service.settings import Settings

TOKEN_LENGTH: Final = 16
# A soft end that comes after the end.
NEVER: Final = 2
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.005, 1.5, 0.2


class Limits(msgspec.Struct, frozen=True):
    """Seconds: how long a value lives, others' work is waited for, and a lease holds when its owner has died."""

    lifetime: float
    wait: float
    lease: float
    refresh: bool = True

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Gives the limits of a service; a lease outlasts a statement, half of a request's time outlasts a wait."""
        wait = min(settings.flight_timeout, settings.request_timeout / 2)
        return cls(settings.cache_lifetime, wait, settings.statement_timeout, settings.cache_refresh == "on")


class Filled(msgspec.Struct, frozen=True):
    """A body that was not in the cache: `miss` when it was made here, `joined` elsewhere, `bypass` without Redis."""

    body: bytes
    state: str


def flight_of(plan: Plan, stamps: Stamps) -> str:
    """Gives the name under which a value is made once: by its key and the stamps that the reader has seen."""
    return f"{plan.key}:{b''.join(stamps).hex()}"


def stamp(names: Names, plan: Plan, found: Found) -> Steps[Found]:
    """Makes the stamps that a read without a value has not found, so that a value may be made under them."""
    for place, group in enumerate(plan.groups):
        if found.stamps[place] is None:
            found.stamps[place] = yield from _stamp(names.stamp(group))
    return found


def fill(names: Names, plan: Plan, stamps: Stamps, limits: Limits, metrics: Metrics) -> Steps[Filled]:
    """Gives a body that was made once, here or by another worker; raises what making it raises."""
    token = token_bytes(TOKEN_LENGTH)
    try:
        arrived = yield from _turn(names, plan, stamps, token, limits)
    except CacheTrouble:
        body: bytes = yield LOAD
        return Filled(body, "bypass")
    if arrived is not None:
        return Filled(arrived, "joined")
    body = yield from _make(names, plan, stamps, token, limits, metrics)
    return Filled(body, "miss")


def refresh(names: Names, plan: Plan, found: Found, limits: Limits, metrics: Metrics) -> Steps[bool]:
    """Makes a value again before it ends, unless another worker does or has; tells whether it did."""
    token = token_bytes(TOKEN_LENGTH)
    stamps = seen(found)
    flight, ms = flight_of(plan, stamps), _milliseconds(limits.lease)
    turn = yield commands.take_lease(names, plan, flight, stamps, found.head, token, ms)
    if turn != OURS:
        return False
    yield from _make(names, plan, stamps, token, limits, metrics)
    return True


def mend(names: Names, breaker: Breaker, metrics: Metrics) -> Steps[bool]:
    """Tells whether Redis is back and every drop that it missed is made up for; the breaker is closed then."""
    yield commands.ping()
    while not breaker.close():
        owed = breaker.take()
        try:
            if owed is None:
                yield from _sweep(names)
            else:
                yield commands.drop(names, owed)
        except CacheTrouble:
            breaker.open(owed)
            raise
        metrics.late_drops.inc()
    return True


def seen(found: Found) -> Stamps:
    """Gives the stamps of a value, or those under which one may be made."""
    return tuple(stamp for stamp in found.stamps if stamp is not None)


def pauses(seconds: float) -> Iterator[float]:
    """Gives growing pauses that together last `seconds`."""
    pause = FIRST_PAUSE
    while seconds > 0:
        yield min(pause, seconds)
        seconds -= pause
        pause = min(GROWTH * pause, LONGEST_PAUSE)


def _stamp(key: str) -> Steps[bytes]:
    made = cache_values.new_stamp()
    stamp: bytes | None = yield commands.make_stamp(key, made)
    if stamp is None:
        yield commands.replace_stamp(key, made)
    return stamp or made


def _turn(names: Names, plan: Plan, stamps: Stamps, token: bytes, limits: Limits) -> Steps[bytes | None]:
    """Gives the body that another worker has made, or None when it is to be made here."""
    flight, ms = flight_of(plan, stamps), _milliseconds(limits.lease)
    for pause in pauses(limits.wait):
        turn = yield commands.take_lease(names, plan, flight, stamps, b"", token, ms)
        if turn == OURS:
            return None
        if turn != THEIRS:
            return bytes(turn)
        yield Pause(pause)
    return None


def _make(names: Names, plan: Plan, stamps: Stamps, token: bytes, limits: Limits, metrics: Metrics) -> Steps[bytes]:
    flight, began = flight_of(plan, stamps), monotonic()
    try:
        body: bytes = yield LOAD
    except Exception:
        yield from _unless_refused(commands.free_lease(names, plan, flight, token), metrics)
        raise
    cost, ms = _milliseconds(monotonic() - began), lifetime(limits.lifetime)
    soft_end = round(1000 * time() + ms * (SOFT_SHARE if limits.refresh else NEVER))
    value = enclose(plan.key, stamps, body, soft_end, cost if limits.refresh else 0)
    yield from _unless_refused(commands.keep(names, plan, flight, token, value, ms), metrics)
    return body


def _unless_refused(command: Command, metrics: Metrics) -> Steps[None]:
    try:
        yield command
    except CacheTrouble:
        metrics.cache("refused")


def _sweep(names: Names) -> Steps[None]:
    cursor = b"0"
    while True:
        cursor, keys = yield commands.sweep(names, cursor)
        if keys:
            yield commands.delete(keys)
        if cursor == b"0":
            return


def _milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))
