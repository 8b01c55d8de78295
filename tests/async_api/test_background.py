"""The async twin's background: calls that outlive their caller, their limit, and closing."""

import asyncio
import gc
import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from async_api.service.background import LIMIT, Background
from tests.support.cancel import cancel_at, cancel_everywhere

pytestmark = pytest.mark.asyncio
STUCK_S = 30.0


@pytest_asyncio.fixture
async def background() -> AsyncIterator[Background]:
    background = Background()
    yield background
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()


@pytest_asyncio.fixture
async def unheard() -> AsyncIterator[list[dict[str, Any]]]:
    """Exceptions reported to the loop as never retrieved."""
    heard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    yield heard


async def steps(done: list[int], number: int = 3) -> str:
    for step in range(number):
        await asyncio.sleep(0)
        done.append(step)
    return "done"


async def fails() -> None:
    await asyncio.sleep(0)
    raise ValueError("as it was told")


async def test_the_caller_gets_the_result(background: Background) -> None:
    assert await background.run_to_completion(steps, []) == "done"


async def test_the_caller_gets_the_failure(background: Background) -> None:
    with pytest.raises(ValueError, match="as it was told"):
        await background.run_to_completion(fails)


@pytest.mark.parametrize("late", [False, True])
async def test_a_write_completes_wherever_its_caller_is_cancelled(background: Background, late: bool) -> None:
    done: list[list[int]] = []

    async def write() -> str:
        done.append([])
        return await background.run_to_completion(steps, done[-1])

    cancelled = 0
    async for value in cancel_everywhere(write, late=late):
        await background.close(1.0)
        cancelled += 1
        assert value is None
        assert done[-1] == [0, 1, 2]
    assert cancelled >= 1


async def test_a_write_that_fails_after_its_caller_left_leaves_no_unhandled_exception(
    background: Background, unheard: list[dict[str, Any]]
) -> None:
    assert (await cancel_at(1, background.run_to_completion(fails))).reached
    await background.close(1.0)
    await asyncio.sleep(0)
    gc.collect()
    assert unheard == []


async def test_there_is_room_up_to_the_limit_and_again_when_a_call_has_ended(background: Background) -> None:
    gates = [asyncio.Event() for _ in range(LIMIT + 1)]

    async def pass_gate(gate: asyncio.Event) -> None:
        await gate.wait()

    assert all(background.submit(pass_gate, gate) for gate in gates[:LIMIT])
    assert not background.submit(pass_gate, gates[-1])
    gates[0].set()
    await asyncio.sleep(0.01)
    assert background.submit(pass_gate, gates[-1])
    assert not background.submit(pass_gate, gates[-1])


async def test_a_write_needs_no_room_and_takes_none(background: Background) -> None:
    writes = [asyncio.create_task(background.run_to_completion(steps, [], 20)) for _ in range(LIMIT)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert all(background.submit(asyncio.sleep, STUCK_S) for _ in range(LIMIT))
    assert not background.submit(asyncio.sleep, STUCK_S)
    assert await background.run_to_completion(steps, []) == "done"
    assert await asyncio.gather(*writes) == ["done"] * LIMIT


async def test_a_failed_call_is_logged_and_frees_its_room(
    background: Background, caplog: pytest.LogCaptureFixture, unheard: list[dict[str, Any]]
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2 * LIMIT):
            assert background.submit(fails)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    gc.collect()
    assert sum("as it was told" in record.getMessage() for record in caplog.records) == 2 * LIMIT
    assert unheard == []


async def test_closing_waits_for_calls_and_for_writes_without_a_caller(background: Background) -> None:
    called: list[int] = []
    written: list[int] = []

    async def call() -> None:
        await steps(called, 5)

    background.submit(call)
    await cancel_at(1, background.run_to_completion(steps, written, 5))
    await background.close(1.0)
    assert (called, written) == ([*range(5)], [*range(5)])


async def test_closing_does_not_wait_for_ever(background: Background) -> None:
    background.submit(asyncio.sleep, STUCK_S)
    started = time.monotonic()
    await background.close(0.05)
    assert 0.04 <= time.monotonic() - started < 5.0


async def test_closing_an_idle_background_takes_no_time(background: Background) -> None:
    async with asyncio.timeout(1.0):
        await background.close(STUCK_S)
