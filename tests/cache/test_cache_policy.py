"""The guarantee in every order of events: ours holds in all, and each of three broken policies breaks it in some."""

from collections.abc import Sequence

import pytest

from shared.cache import policy as cache_policy
from shared.cache import values as cache_values
from tests.support import broken_policies
from tests.support.every_order import Orders, still_life
from tests.support.policy_model import Actor, hasty_writer, loss, reader, refresher, writer

__all__ = ["still_life"]

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
