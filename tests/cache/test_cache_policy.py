"""The guarantee in every order of events: our policy keeps it in all, three broken ones each break it in some."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from shared.cache import policy as cache_policy
from shared.cache import values as cache_values
from tests.support import broken_policies
from tests.support.policy_model import Actor, Heard, Ready, World, hasty_writer, loss, reader, refresher, writer

START, LATER = 1000.0, 1055.0


@pytest.fixture
def still_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen clock, with values past their soft end, and constant random numbers."""
    monkeypatch.setattr(cache_policy, "time", lambda: START)
    monkeypatch.setattr(cache_policy, "monotonic", lambda: 0.0)
    monkeypatch.setattr(cache_values, "time", lambda: LATER)
    monkeypatch.setattr(cache_values, "random", lambda: 0.5)


class Orders:
    """Tries all interleavings of the actors' events; a state reached before is not explored again."""

    def __init__(self, actors: Sequence[Actor], before: Sequence[Actor], patch: pytest.MonkeyPatch) -> None:
        self._actors = actors
        self._before = before
        self._patch = patch
        self._known: set[Any] = set()
        self.ends = 0

    def stale(self) -> tuple[int, ...] | None:
        """An interleaving that makes a read stale, as actor numbers; None when there is none."""
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
            if stale := self._follow((*order, number)):
                return stale
        return None

    def _after(self, order: tuple[int, ...]) -> tuple[World, list[int], Any]:
        tokens = count(1)
        for module in (cache_policy, cache_values):
            self._patch.setattr(module, "token_bytes", lambda length: next(tokens).to_bytes(length, "big"))
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


ONE, OTHER = reader(0), reader(1)
SCENES: dict[str, Sequence[Actor]] = {
    "one worker": [writer, ONE, ONE],
    "two workers": [writer, ONE, OTHER],
    "two writes, one worker": [writer, writer, ONE, ONE],
    "two writes, two workers": [writer, writer, ONE, OTHER],
    "a refresh": [writer, refresher, OTHER],
}
LOSSES = ["", "value", "stamp", "lease"]
BEFORE = {"cold": [], "warm": [ONE]}


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("scene", SCENES)
def test_no_order_of_events_makes_a_read_stale(
    scene: str, before: str, still_life: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = Orders(SCENES[scene], BEFORE[before], monkeypatch)
    assert orders.stale() is None
    assert orders.ends > 1


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("lost", LOSSES, ids=lambda lost: lost or "everything")
@pytest.mark.parametrize("scene", ["one worker", "two workers", "a refresh"])
def test_no_loss_in_redis_makes_a_read_stale(
    scene: str, lost: str, before: str, still_life: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = Orders([loss(lost), *SCENES[scene][:3]], BEFORE[before], monkeypatch)
    assert orders.stale() is None
    assert orders.ends > 1


@pytest.mark.parametrize("scene", ["one worker", "two workers"])
def test_without_stamps_a_slow_reader_makes_a_read_stale(
    scene: str, still_life: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_values, "new_stamp", cache_values.new_stamp)
    broken_policies.without_stamps()
    assert Orders([writer, ONE, *SCENES[scene][1:]], [], monkeypatch).stale()


@pytest.mark.parametrize("scene", ["one worker", "two workers"])
def test_a_drop_before_the_commit_makes_a_read_stale(
    scene: str, still_life: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Orders([hasty_writer, *SCENES[scene][1:]], [], monkeypatch).stale()


def test_a_flight_joined_across_a_write_makes_a_read_stale(still_life: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_policy, "flight_of", cache_policy.flight_of)
    broken_policies.flights_across_writes()
    assert Orders(SCENES["one worker"], [], monkeypatch).stale()
