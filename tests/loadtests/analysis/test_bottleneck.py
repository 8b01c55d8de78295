"""The bottleneck of a running service is moved, and its name follows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compose.local.stack import Stack
from loadtests.analysis.bottleneck import Bottleneck, bottleneck
from loadtests.analysis.resources import AWAY, CONNECTIONS, DATABASE, SERVICE, THINK_TIME
from loadtests.proxy.client import Proxy
from loadtests.proxy.modes import Mode
from tests.support import changed_twin
from tests.support.cells import TRIES, measured, used_by_others

pytestmark = [pytest.mark.alone, pytest.mark.usefixtures("servers", "k6")]

# Answers from one row each: only injected delays are slow.
LIGHT = {"MIX": "product=1", "WARM_UP": "0.5", "DURATION": "2"}
THINKING = {"VUS": "5", "THINK": "0.5"}
LESS_THAN_HALF_A_CORE = 0.4
# Five visitors with half a second of think time need twice the CPU of one worker.
WORK_S = 0.2


@contextmanager
def database_away(stack: Stack, name: str, seconds: float) -> Iterator[dict[str, str]]:
    """The variables of a service for a database behind a proxy that delays each direction."""
    url = stack.service(name).settings["DATABASE_URL"]
    with Proxy(stack.database_port, cores=stack.placement.others) as proxy, proxy.switched(Mode("delay", seconds)):
        yield {"DATABASE_URL": url.replace(f":{stack.database_port}/", f":{proxy.port}/")}


@pytest.fixture(scope="module")
def name(stack: Stack) -> Iterator[str]:
    """Each cell starts it with its own settings."""
    service = stack.service("async")
    yield service.name
    service.restart()


def found(stack: Stack, folder: Path, name: str, load: dict[str, str], **settings: str) -> Bottleneck:
    return bottleneck([measured(stack, folder, name, {**LIGHT, **load}, None, (), **settings)])


def test_visitors_with_think_time_wait_for_nothing_else(stack: Stack, tmp_path: Path, name: str) -> None:
    assert found(stack, tmp_path, name, THINKING).name == THINK_TIME


def test_the_use_of_a_saturated_service_is_measured_even_if_its_metrics_are_late(
    stack: Stack, tmp_path: Path, name: str
) -> None:
    load = {**LIGHT, "VUS": "400", "THINK": "0.001", "DURATION": "3"}
    cells = (measured(stack, tmp_path, name, load) for _ in range(TRIES))
    # Other programs may use a core for a moment, but not in every try.
    result = next((cell for cell in cells if used_by_others(cell) < LESS_THAN_HALF_A_CORE), None)
    assert result is not None
    assert (result.latency_ms.avg or 0) > 200


def test_a_tiny_pool_is_the_bottleneck(stack: Stack, tmp_path: Path, name: str) -> None:
    with database_away(stack, name, 0.01) as settings:
        result = found(stack, tmp_path, name, {"VUS": "10", "THINK": "0.05"}, POOL="1", **settings)
    assert result.name == CONNECTIONS
    assert result.share is not None
    assert result.share > 0.8
    assert "PRODUCT of product" in str(result.cause)


def test_work_in_the_only_worker_is_the_bottleneck_of_the_same_visitors(
    stack: Stack, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack.service(name), "program", [changed_twin.PROGRAM, "busy_handlers", "async", str(WORK_S)])
    result = found(stack, tmp_path, name, THINKING)
    assert result.name == SERVICE
    assert result.share is not None
    assert result.share > 0.8
    assert result.demands[SERVICE] > WORK_S * 1000 * 0.8
    assert "get_product takes" in str(result.cause)


def test_heavy_reports_make_the_databases_core_the_bottleneck(stack: Stack, tmp_path: Path, name: str) -> None:
    many = 5 * len(stack.placement.others)
    result = found(stack, tmp_path, name, {"MIX": "revenue=1", "VUS": str(many), "THINK": "0.05"})
    assert result.name == DATABASE
    assert result.share is not None
    assert result.share > 0.8
    assert result.demands[DATABASE] > 5 * result.demands[SERVICE]
    assert re.search("REVENUE .*revenue", str(result.cause))


def test_a_slower_database_is_the_bottleneck(stack: Stack, tmp_path: Path, name: str) -> None:
    with database_away(stack, name, 0.05) as settings:
        result = found(stack, tmp_path, name, {"VUS": "5", "THINK": "0.05"}, POOL="6", **settings)
    assert result.name == AWAY
    assert result.demands[AWAY] > 75
