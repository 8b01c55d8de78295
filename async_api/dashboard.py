"""The route of the dashboard: four independent reads in one answer."""

from quart import request

from shared import answers, caching, parsing
from shared.answer import Answer

from .parts import Parts


class Dashboard:
    """The shop at a glance."""

    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._cache = parts.cache
        self._fanout = parts.fanout

    async def show(self) -> Answer:
        """Answers the dashboard."""
        parsing.no_query(request.query_string)
        return await self._cache.answer(caching.dashboard_plan(), self._show)

    async def _show(self) -> bytes:
        store = self._store
        reads = (store.best_sellers, store.low_stock, store.latest_orders, store.revenue_by_day)
        results = await self._fanout.gather(*reads)
        return answers.dashboard(*results)
