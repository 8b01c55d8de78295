"""A model of Redis, the database and the workers that runs the shipped cache policy one event at a time.

Actors run the generators of shared/cache/policy.py; each command and each load is one event. A row's value counts its
writes, so a read is stale when it returns less than had been answered before it began.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.cache import commands as cache_commands
from shared.cache import policy as cache_policy
from shared.cache.commands import Names
from shared.cache.flights import Flights
from shared.cache.plans import Plan
from shared.cache.policy import Limits, Policy
from shared.cache.steps import Command, Pause, Steps
from shared.service.metrics import Metrics

NAMES = Names("model")
PLAN = Plan("report", ("orders",))
# One pause, so that a wait for another worker's lease can succeed or time out.
LIMITS = Limits(lifetime=60.0, wait=cache_policy.FIRST_PAUSE, lease=5.0)
POLICY = Policy(NAMES, LIMITS, Metrics())
# An actor yields the precondition of each of its events.
Ready = Callable[[], bool]
Heard = list[object]
Actor = Callable[["World", Heard], Generator[Ready, None, None]]


class Outcome:
    """A flight whose followers wait by a precondition."""

    def __init__(self) -> None:
        self.outcome: Any = None

    def complete(self, outcome: Any) -> None:
        self.outcome = self.outcome or outcome


@dataclass
class World:
    """The state of Redis, the database and the workers' flights; `answered` is the last write answered."""

    redis: dict[bytes, bytes] = field(default_factory=dict)
    row: int = 0
    answered: int = 0
    stale: bool = False
    workers: list[Flights[Outcome]] = field(default_factory=lambda: [Flights(Outcome), Flights(Outcome)])

    def reply(self, words: Sequence[Any]) -> Any:
        """The reply of Redis to a command of the policy; nothing expires."""
        name, *rest = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        return getattr(self, f"_{name.decode().lower()}")(*rest)

    def _mget(self, *keys: bytes) -> list[bytes | None]:
        return [self.redis.get(key) for key in keys]

    def _set(self, key: bytes, value: bytes, *options: bytes) -> bytes | None:
        earlier = self.redis.get(key)
        if b"NX" not in options or earlier is None:
            self.redis[key] = value
        if b"GET" in options:
            return earlier
        return None if b"NX" in options and earlier is not None else b"OK"

    def _del(self, *keys: bytes) -> int:
        return sum(self.redis.pop(key, None) is not None for key in keys)

    def _eval(self, script: bytes, _: bytes, *rest: bytes) -> Any:
        if script.decode() == cache_commands.LEASE:
            value, lease, stamps, seen, token, ms = rest
            now = self.redis.get(value, b"")
            if value in self.redis and now.startswith(stamps) and not (seen and now.startswith(seen)):
                return now
            return self._set(lease, token, b"NX", b"PX", ms)
        if script.decode() == cache_commands.KEEP:
            value, lease, token, body, _ = rest
            self._free(lease, token)
            return self._set(value, body)
        return self._free(*rest)

    def _free(self, lease: bytes, token: bytes) -> int:
        return self._del(lease) if self.redis.get(lease) == token else 0


def writer(world: World, _: Heard) -> Generator[Ready, None, None]:
    """A write as in the twins, answered right after the drop."""
    yield at_once
    world.row += 1
    yield at_once
    world.reply(cache_commands.drop(NAMES, PLAN.groups).words)
    world.answered = world.row


def hasty_writer(world: World, _: Heard) -> Generator[Ready, None, None]:
    """A write that drops before it commits."""
    yield at_once
    world.reply(cache_commands.drop(NAMES, PLAN.groups).words)
    yield at_once
    world.row += 1
    world.answered = world.row


def reader(worker: int) -> Actor:
    """A read as in the twins, in one of two workers."""

    def events(world: World, heard: Heard) -> Generator[Ready, None, None]:
        yield at_once
        fresh_from = world.answered
        lookup = yield from performed(world, heard, POLICY.read(PLAN))
        body = lookup.body
        if body is None:
            body = yield from _made_once(world, heard, world.workers[worker], cache_policy.seen(lookup))
        world.stale |= int(body) < fresh_from

    return events


def refresher(world: World, heard: Heard) -> Generator[Ready, None, None]:
    """A read of a value past its soft end, and the refresh behind it."""
    yield at_once
    lookup = yield from performed(world, heard, POLICY.read(PLAN))
    if lookup.body is not None:
        assert lookup.due
        yield at_once
        yield from performed(world, heard, POLICY.refresh(PLAN, lookup))


def loss(of: str) -> Actor:
    """Redis loses the keys that contain `of`."""

    def events(world: World, _: Heard) -> Generator[Ready, None, None]:
        yield at_once
        for key in [key for key in world.redis if of.encode() in key]:
            del world.redis[key]

    return events


def performed(
    world: World, heard: Heard, steps: Steps[Any], complete: Callable[[Any], object] = repr
) -> Generator[Ready, None, Any]:
    """The policy's result; each of its steps but the first is an event."""
    try:
        step = next(steps)
        while True:
            result = None
            if isinstance(step, Command):
                result = step.parse(world.reply(step.words))
            elif not isinstance(step, Pause):
                result = b"%d" % world.row
                complete(result)
            heard.append(repr(result))
            step = steps.send(result)
            yield at_once
    except StopIteration as end:
        return end.value


def at_once() -> bool:
    """No precondition."""
    return True


def _made_once(
    world: World, heard: Heard, flights: Flights[Outcome], stamps: tuple[bytes, ...]
) -> Generator[Ready, None, Any]:
    name = cache_policy.flight_of(PLAN, stamps)
    flight, leads = flights.join(name)
    assert flight is not None
    if not leads:
        heard.append("aboard")
        yield lambda: flight.outcome is not None
        return flight.outcome
    yield at_once
    filled = yield from performed(world, heard, POLICY.fill(PLAN, stamps), flight.complete)
    flights.remove(name)
    flight.complete(filled.body)
    return filled.body
