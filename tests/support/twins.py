"""One interface to the objects of both twins, so that a test is written once."""

import asyncio
import contextvars
import importlib
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType
from typing import Any, Self

NAMES = ("sync", "async")
SECONDS = 20.0
THREADS = 64


class Twin:
    """One twin's modules and calls into them; entering starts the event loop."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._threads = ThreadPoolExecutor(THREADS)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="twin", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        asyncio.run_coroutine_threadsafe(_end_tasks(), self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self.name}_api.{name}")

    def part(self, module: str, name: str) -> Any:
        """A name of one of the twin's modules."""
        return getattr(self.module(module), name)

    def start(self, function: Callable[..., Any], *values: Any) -> Future[Any]:
        """Start a call in a thread (sync) or as a task of the event loop (async)."""
        if self.name == "sync":
            return self._threads.submit(contextvars.copy_context().run, function, *values)
        return asyncio.run_coroutine_threadsafe(_awaited(function, *values), self._loop)

    def call(self, function: Callable[..., Any], *values: Any) -> Any:
        """Wait for a call's result, at most SECONDS; exceptions pass through."""
        return self.start(function, *values).result(SECONDS)

    def result(self, value: Any) -> Any:
        """The value itself (sync) or an awaitable of it (async)."""
        return value if self.name == "sync" else _awaited(lambda: value)


async def _awaited(function: Callable[..., Any], *values: Any) -> Any:
    result = function(*values)
    return await result if inspect.isawaitable(result) else result


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
