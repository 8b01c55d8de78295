"""Seam: concurrent calls."""

import asyncio
from typing import Any

from shared.service.settings import Settings

from .background import Call


class Fanout:
    """Runs independent calls concurrently, or serially with FANOUT=serial."""

    def __init__(self, settings: Settings) -> None:
        self._parallel = settings.fanout == "parallel"

    async def gather(self, *calls: Call[[], Any]) -> list[Any]:
        """Results in the order of the calls; waits for all, then raises the first failure."""
        if not self._parallel:
            return [await call() for call in calls]
        # Without return_exceptions the other calls would outlive the request.
        done = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
        for result in done:
            if isinstance(result, BaseException):
                raise result
        return done

    def close(self) -> None:
        """Nothing to close."""
