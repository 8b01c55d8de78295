"""Every order in which the events of some actors can take place."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from shared.cache import policy as cache_policy
from shared.cache import values as cache_values
from tests.support.policy_model import Actor, Heard, Ready, World

START, LATER = 1000.0, 1055.0


@pytest.fixture
def still_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that stands still, for values at a moment past their soft end, and chance that does not differ."""
    monkeypatch.setattr(cache_policy, "time", lambda: START)
    monkeypatch.setattr(cache_policy, "monotonic", lambda: 0.0)
    monkeypatch.setattr(cache_values, "time", lambda: LATER)
    monkeypatch.setattr(cache_values, "random", lambda: 0.5)


class Orders:
    """Tries all orders of the actors' events from a beginning; two ways to the same state are followed once."""

    def __init__(self, actors: Sequence[Actor], before: Sequence[Actor], patch: pytest.MonkeyPatch) -> None:
        self._actors = actors
        self._before = before
        self._patch = patch
        self._known: set[Any] = set()
        self.ends = 0

    def stale(self) -> tuple[int, ...] | None:
        """An order that makes a read stale, as the actors' numbers; None when there is none."""
        return self._follow(())

    def _follow(self, order: tuple[int, ...]) -> tuple[int, ...] | None:
        world, possible, state = self._after(order)
        if world.stale:
            return order
        if state in self._known:
            return None
        self._known.add(state)
        self.ends += not possible
        for number in possible:
            if found := self._follow((*order, number)):
                return found
        return None

    def _after(self, order: tuple[int, ...]) -> tuple[World, list[int], Any]:
        made = count(1)
        for module in (cache_policy, cache_values):
            self._patch.setattr(module, "token_bytes", lambda length: next(made).to_bytes(length, "big"))
        world = World()
        for actor in self._before:
            list(actor(world, []))
        heard: list[Heard] = [[] for _ in self._actors]
        running = [actor(world, own) for actor, own in zip(self._actors, heard, strict=True)]
        ready: list[Ready | None] = [next(actor) for actor in running]
        for number in order:
            ready[number] = next(running[number], None)
        possible = [number for number, so in enumerate(ready) if so is not None and so()]
        done = tuple(order.count(number) for number in range(len(running)))
        flights = [sorted(each._flights) for each in world.workers]
        state = (done, repr((heard, sorted(world.redis.items()), world.row, world.answered, flights)))
        return world, possible, state
