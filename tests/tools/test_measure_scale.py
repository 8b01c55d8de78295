"""The measurement of larger data and more workers: the cost of a request, and broken limits."""

from contextlib import closing

import pytest

from compose.local.stack import Stack
from tools import scale_costs
from tools.measure_scale import broken_limits
from tools.scale_costs import Side, compared
from tools.scale_requests import AGGREGATES, ROUTES

RATIOS = dict.fromkeys(ROUTES, 1.19) | dict.fromkeys(AGGREGATES, 10.0)
FOUND = {
    "costs": {
        "seeding_s": {"compose": None, "local": 119.0},
        "combinations": {"async": {route: {"cpu_ms": {"ratio": ratio}} for route, ratio in RATIOS.items()}},
    },
    "workers": {"combinations": {"sync": {"rate": {"ratio": 1.2}}, "sync-cached": {"rate": {"ratio": 1.71}}}},
}
BROKEN = [
    ({"costs": {"seeding_s": {"compose": 121.0}}}, "seeding, compose: 121 s, not under 120"),
    (
        {"costs": {"combinations": {"sync": {"order": {"cpu_ms": {"ratio": 1.21}}}}}},
        "sync, order: 1.21 times the CPU, more than 1.2",
    ),
    (
        {"workers": {"combinations": {"async-cached": {"rate": {"ratio": 1.69}}}}},
        "async-cached: two workers serve 1.69 times one worker's rate, less than 1.7",
    ),
]


def test_no_limit_is_broken_if_all_hold() -> None:
    assert list(broken_limits(FOUND)) == []


@pytest.mark.parametrize(("change", "said"), BROKEN)
def test_a_broken_limit_is_named(change: dict[str, object], said: str) -> None:
    assert list(broken_limits(FOUND | change)) == [said]


# A product is a row of its own and one of its category.
@pytest.mark.parametrize(("name", "rows"), [("sync", 2), ("async-cached", 0)])
def test_a_routes_cost_is_the_cpu_of_its_programs(
    stack: Stack, name: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale_costs, "REQUESTS", 10)
    with closing(Side(stack, name)) as side, closing(Side(stack, name)) as other:
        found = compared("product", side, other, cached=name.endswith("-cached"))
    assert found["small"]["rows"] == found["large"]["rows"] == rows
    assert 0.1 < found["small"]["service_cpu_ms"] < 20
