"""The async twin's places: bounded, taken in order, and returned wherever a request ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from async_api.service.admission import admitting
from async_api.service.places import Places
from shared.http import deadlines
from shared.http.errors import Problem
from shared.service.metrics import Metrics
from shared.service.settings import read_settings
from tests.support.cancel import cancel_everywhere

pytestmark = pytest.mark.asyncio
IN_FLIGHT, WAIT_S = 2, 0.2
API = {"type": "http", "path": "/api/products/1"}
HEALTH = {"type": "http", "path": "/health/live"}
SETTINGS = {
    "COMBINATION": "async", "BIND": "127.0.0.1:1", "DATABASE_URL": "mysql://nobody@nowhere/none",
    "IN_FLIGHT": str(IN_FLIGHT), "ACQUIRE_TIMEOUT": str(WAIT_S),
}  # fmt: skip


class Service:
    """An application behind the middleware; its requests are handled until the gate opens."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.handled: list[Any] = []
        self.most = self.now = 0
        self._app: Any = admitting(self._handle, Places(read_settings(SETTINGS), Metrics()))

    async def ask(self, scope: dict[str, Any], name: str = "") -> None:
        await self._app(scope | {"name": name}, None, None)

    async def _handle(self, scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            deadlines.must_be_admitted()
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if scope.get("path") != HEALTH["path"]:
                await self.gate.wait()
            if scope.get("name") == "fails":
                raise ValueError("as it was told")
            self.handled.append(scope.get("name"))
        finally:
            self.now -= 1

    async def free(self) -> int:
        """The number of places, found by filling them."""
        self.gate.clear()
        self.most = 0
        asked = [asyncio.create_task(self.ask(API)) for _ in range(IN_FLIGHT + 1)]
        await asyncio.sleep(0.01)
        self.gate.set()
        await asyncio.gather(*asked)
        return self.most


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    yield Service()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_no_more_than_the_limit_are_handled_at_once(service: Service) -> None:
    asked = [asyncio.create_task(service.ask(API)) for _ in range(3 * IN_FLIGHT)]
    await asyncio.sleep(0.01)
    assert service.now == IN_FLIGHT
    service.gate.set()
    await asyncio.gather(*asked)
    assert service.most == IN_FLIGHT
    assert len(service.handled) == 3 * IN_FLIGHT


async def test_waiting_requests_are_handled_in_order(service: Service) -> None:
    names = [str(number) for number in range(6)]
    asked = []
    for name in names:
        asked.append(asyncio.create_task(service.ask(API, name)))
        await asyncio.sleep(0)
    service.gate.set()
    await asyncio.gather(*asked)
    assert service.handled == names


@pytest.mark.parametrize("late", [False, True])
async def test_a_place_is_returned_wherever_its_request_is_cancelled(service: Service, late: bool) -> None:
    points = 0
    async for _ in _cancelled(service, lambda: service.ask(API), late):
        points += 1
        assert service.now == 0
        assert await service.free() == IN_FLIGHT
        service.gate.clear()
    assert points >= 1


@pytest.mark.parametrize("late", [False, True])
async def test_a_place_is_returned_wherever_a_waiting_request_is_cancelled(service: Service, late: bool) -> None:
    async def wait_behind_others() -> None:
        gone = [asyncio.create_task(service.ask(API)) for _ in range(IN_FLIGHT)]
        try:
            await asyncio.sleep(0)
            asyncio.get_running_loop().call_later(0.005, service.gate.set)
            await service.ask(API)
        finally:
            service.gate.set()
            await asyncio.gather(*gone)

    points = 0
    async for _ in _cancelled(service, wait_behind_others, late):
        points += 1
        assert await service.free() == IN_FLIGHT
        service.gate.clear()
    assert points >= 2


async def test_a_place_is_returned_after_a_failure(service: Service) -> None:
    service.gate.set()
    for _ in range(3 * IN_FLIGHT):
        with pytest.raises(ValueError, match="as it was told"):
            await service.ask(API, "fails")
    assert await service.free() == IN_FLIGHT


async def test_a_request_without_a_place_in_time_is_refused_and_holds_none(service: Service) -> None:
    asked = [asyncio.create_task(service.ask(API)) for _ in range(IN_FLIGHT)]
    await asyncio.sleep(0)
    for _ in range(3):
        started = time.monotonic()
        with pytest.raises(Problem) as refused:
            await service.ask(API)
        assert refused.value.status == 503
        assert WAIT_S - 0.02 <= time.monotonic() - started < WAIT_S + 1.0
    service.gate.set()
    await asyncio.gather(*asked)
    assert await service.free() == IN_FLIGHT


async def test_a_place_handed_over_as_the_wait_ends_is_not_lost(service: Service) -> None:
    for early_s in (0.0, 0.0005, 0.001, 0.002):
        asked = [asyncio.create_task(service.ask(API)) for _ in range(IN_FLIGHT)]
        await asyncio.sleep(0)
        waiting = asyncio.create_task(service.ask(API))
        asyncio.get_running_loop().call_later(WAIT_S - early_s, service.gate.set)
        await asyncio.gather(*asked, waiting, return_exceptions=True)
        assert await service.free() == IN_FLIGHT
        service.gate.clear()


async def test_health_and_metrics_need_no_place(service: Service) -> None:
    asked = [asyncio.create_task(service.ask(API)) for _ in range(2 * IN_FLIGHT)]
    await asyncio.sleep(0)
    async with asyncio.timeout(WAIT_S / 2):
        for _ in range(10):
            await service.ask(HEALTH, "health")
    service.gate.set()
    await asyncio.gather(*asked)
    assert service.handled.count("health") == 10
    assert await service.free() == IN_FLIGHT


async def test_a_scope_that_is_no_request_passes_through(service: Service) -> None:
    asked = [asyncio.create_task(service.ask({"type": kind})) for kind in ["lifespan", "websocket"] * IN_FLIGHT]
    await asyncio.sleep(0)
    assert service.now == 2 * IN_FLIGHT
    assert await service.free() == 3 * IN_FLIGHT  # and those that passed by
    await asyncio.gather(*asked)


async def _cancelled(service: Service, ask: Callable[[], Awaitable[None]], late: bool) -> AsyncIterator[None]:
    """Cancels at each suspension; without a cancel the gate opens by itself."""

    async def asked() -> None:
        asyncio.get_running_loop().call_later(0.02, service.gate.set)
        await ask()

    async for value in cancel_everywhere(asked, late=late):
        yield value
