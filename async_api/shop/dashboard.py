"""The route of the dashboard: four independent reads in one answer."""

from quart import request

from shared.cache import plans as caching
from shared.http import parsing
from shared.http.answer import Answer
from shared.shop import answers

from ..service.context import ServiceContext


class Dashboard:
    """The shop at a glance."""

    def __init__(self, context: ServiceContext) -> None:
        store = context.store
        self._reads = (store.best_sellers, store.low_stock, store.latest_orders, store.revenue_by_day)
        self._cache = context.cache
        self._fanout = context.fanout

    async def show(self) -> Answer:
        """Answers the dashboard."""
        parsing.no_query(request.query_string)
        return await self._cache.answer(caching.dashboard_plan(), self._show, self._show_behind)

    async def _show(self) -> bytes:
        results = await self._fanout.gather(*self._reads)
        return answers.dashboard(*results)

    async def _show_behind(self) -> bytes:
        """One read after the other: what runs behind the answers takes one connection."""
        results = []
        for read in self._reads:
            rows = await read()
            results.append(rows)
        return answers.dashboard(*results)
