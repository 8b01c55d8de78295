"""The bottleneck is moved on a running service, and the name follows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from compose.local import Stack
from loadtests.bottleneck import Bottleneck, bottleneck
from loadtests.faults.modes import Mode
from loadtests.faults.proxy import Proxy
from loadtests.resources import AWAY, CONNECTIONS, SERVICE, THINK_TIME
from tests.cells import measured

pytestmark = pytest.mark.alone

# Answers from one row each: nothing but what is injected can be slow.
LIGHT = {"MIX": "product=1", "DURATION": "2"}


@contextmanager
def database_away(stack: Stack, name: str, seconds: float) -> Iterator[dict[str, str]]:
    """The database behind a proxy that holds everything back, in each direction: what the service has to be told."""
    url = stack.service(name).settings["DATABASE_URL"]
    with Proxy(stack.database_port, cores=stack.placement.others) as proxy, proxy.switched(Mode("delay", seconds)):
        yield {"DATABASE_URL": url.replace(f":{stack.database_port}/", f":{proxy.port}/")}


@pytest.fixture
def name(stack: Stack) -> Iterator[str]:
    yield "async"
    stack.service("async").restart()


def found(stack: Stack, folder: Path, name: str, load: dict[str, str], **settings: str) -> Bottleneck:
    return bottleneck([measured(stack, folder, name, {**LIGHT, **load}, None, (), **settings)])


def test_visitors_who_think_wait_for_nothing_else(stack: Stack, tmp_path: Path, name: str) -> None:
    assert found(stack, tmp_path, name, {"VUS": "5", "THINK": "0.5"}).name == THINK_TIME


def test_a_tiny_pool_binds(stack: Stack, tmp_path: Path, name: str) -> None:
    with database_away(stack, name, 0.01) as settings:
        result = found(stack, tmp_path, name, {"VUS": "10", "THINK": "0.05"}, POOL="1", **settings)
    assert result.name == CONNECTIONS
    assert result.share is not None
    assert result.share > 0.8
    assert "PRODUCT of product" in str(result.cause)


def test_work_in_the_one_worker_binds(stack: Stack, tmp_path: Path, name: str) -> None:
    result = found(stack, tmp_path, name, {"VUS": "20", "THINK": "0.001"})
    assert result.name == SERVICE
    assert result.demands[SERVICE] > 0
    assert "get_product takes" in str(result.cause)


def test_a_slower_database_binds(stack: Stack, tmp_path: Path, name: str) -> None:
    with database_away(stack, name, 0.1) as settings:
        result = found(stack, tmp_path, name, {"VUS": "5", "THINK": "0.05"}, **settings)
    assert result.name == AWAY
    assert result.demands[AWAY] > 150
