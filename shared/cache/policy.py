"""The cache policy as generators of steps, without I/O.

The guarantee: a read that starts after a write was answered never returns the value from before that write. It rests on
three rules, which tests/cache/test_cache_policy.py checks in every interleaving:

- a reader that finds a stamp missing creates one before it reads the database;
- a writer deletes the stamps of the groups it touched after its commit and before its answer;
- a flight, in the process or by a lease in Redis, is named by its key *and* the stamps that the reader has seen, so a
  reader cannot join a flight that began before a write that was answered before the reader started.
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
from shared.cache.values import SOFT_SHARE, Lookup, Stamps, enclose, lifetime
from shared.service.metrics import Metrics
from shared.service.settings import Settings

TOKEN_LENGTH: Final = 16
# A soft end after the hard end.
NEVER: Final = 2
FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.005, 1.5, 0.2


class Limits(msgspec.Struct, frozen=True):
    """Seconds: lifetime of a value, longest wait for another load, lifetime of a lease whose owner has died."""

    lifetime: float
    wait: float
    lease: float
    refresh: bool = True

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """A lease lasts STATEMENT_TIMEOUT; a wait leaves half of REQUEST_TIMEOUT for a load."""
        wait = min(settings.flight_timeout, settings.request_timeout / 2)
        return cls(settings.cache_lifetime, wait, settings.statement_timeout, settings.cache_refresh == "on")


class Filled(msgspec.Struct, frozen=True):
    """A loaded body: `miss` when loaded here, `joined` when by another worker, `bypass` without Redis."""

    body: bytes
    state: str


def flight_of(plan: Plan, stamps: Stamps) -> str:
    """Key and stamps, see the guarantee above."""
    return f"{plan.key}:{b''.join(stamps).hex()}"


def seen(lookup: Lookup) -> Stamps:
    """The stamps of a lookup; `Policy.read` has created the missing ones."""
    return tuple(stamp for stamp in lookup.stamps if stamp is not None)


def pauses(seconds: float) -> Iterator[float]:
    """Exponential back-off; the pauses add up to `seconds`."""
    pause = FIRST_PAUSE
    while seconds > 0:
        yield min(pause, seconds)
        seconds -= pause
        pause = min(GROWTH * pause, LONGEST_PAUSE)


class Policy:
    """The steps of one combination's cache."""

    def __init__(self, names: Names, limits: Limits, metrics: Metrics) -> None:
        self._names = names
        self._limits = limits
        self._lease_ms = _milliseconds(limits.lease)
        self._metrics = metrics

    def read(self, plan: Plan) -> Steps[Lookup]:
        """Look up a value; on a miss, create the missing stamps for the load."""
        lookup: Lookup = yield commands.find(self._names, plan)
        if lookup.body is None:
            for place, group in enumerate(plan.groups):
                if lookup.stamps[place] is None:
                    lookup.stamps[place] = yield from _stamp(self._names.stamp(group))
        return lookup

    def fill(self, plan: Plan, stamps: Stamps) -> Steps[Filled]:
        """Load a body under a lease, once over all workers; raises what the load raises."""
        token = token_bytes(TOKEN_LENGTH)
        try:
            arrived = yield from self._lease(plan, stamps, token)
        except CacheTrouble:
            body: bytes = yield LOAD
            return Filled(body, "bypass")
        if arrived is not None:
            return Filled(arrived, "joined")
        body = yield from self._load_and_keep(plan, stamps, token)
        return Filled(body, "miss")

    def refresh(self, plan: Plan, lookup: Lookup) -> Steps[bool]:
        """Reload a value before it expires; False when another worker does or did."""
        token, stamps = token_bytes(TOKEN_LENGTH), seen(lookup)
        flight = flight_of(plan, stamps)
        outcome = yield commands.take_lease(self._names, plan, flight, stamps, lookup.head, token, self._lease_ms)
        if outcome != OURS:
            return False
        yield from self._load_and_keep(plan, stamps, token)
        return True

    def recover(self, breaker: Breaker) -> Steps[None]:
        """Probe Redis, replay the owed drops and close the breaker; raises CacheTrouble."""
        yield commands.ping()
        while not breaker.close():
            owed = breaker.take()
            try:
                if owed is None:
                    yield from self._sweep()
                else:
                    yield commands.drop(self._names, owed)
            except CacheTrouble:
                breaker.open(owed)
                raise
            self._metrics.late_drops.inc()

    def _lease(self, plan: Plan, stamps: Stamps, token: bytes) -> Steps[bytes | None]:
        """The body that another worker has loaded; None when this one has to load it."""
        flight = flight_of(plan, stamps)
        for pause in pauses(self._limits.wait):
            outcome = yield commands.take_lease(self._names, plan, flight, stamps, b"", token, self._lease_ms)
            if outcome == OURS:
                return None
            if outcome != THEIRS:
                return bytes(outcome)
            yield Pause(pause)
        return None

    def _load_and_keep(self, plan: Plan, stamps: Stamps, token: bytes) -> Steps[bytes]:
        flight, began, limits = flight_of(plan, stamps), monotonic(), self._limits
        try:
            body: bytes = yield LOAD
        except Exception:
            yield from self._unless_refused(commands.free_lease(self._names, plan, flight, token))
            raise
        cost, ms = _milliseconds(monotonic() - began), lifetime(limits.lifetime)
        soft_end = round(1000 * time() + ms * (SOFT_SHARE if limits.refresh else NEVER))
        value = enclose(plan.key, stamps, body, soft_end, cost if limits.refresh else 0)
        yield from self._unless_refused(commands.keep(self._names, plan, flight, token, value, ms))
        return body

    def _unless_refused(self, command: Command) -> Steps[None]:
        try:
            yield command
        except CacheTrouble:
            self._metrics.cache("refused")

    def _sweep(self) -> Steps[None]:
        cursor = b"0"
        while True:
            cursor, keys = yield commands.sweep(self._names, cursor)
            if keys:
                yield commands.delete(keys)
            if cursor == b"0":
                return


def _stamp(key: str) -> Steps[bytes]:
    new = cache_values.new_stamp()
    stamp: bytes | None = yield commands.make_stamp(key, new)
    if stamp is None:
        yield commands.replace_stamp(key, new)
    return stamp or new


def _milliseconds(seconds: float) -> int:
    return max(1, round(1000 * seconds))
