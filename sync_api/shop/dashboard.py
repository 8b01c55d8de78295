"""The route of the dashboard: four independent reads, concurrent or serial."""

from flask import request

from shared.cache import plans as caching
from shared.http import parsing
from shared.http.answer import Answer
from shared.shop import answers

from ..service.context import ServiceContext


class Dashboard:
    def __init__(self, context: ServiceContext) -> None:
        store = context.store
        self._reads = (store.best_sellers, store.low_stock, store.latest_orders, store.revenue_by_day)
        self._cache = context.cache
        self._fanout = context.fanout

    def show(self) -> Answer:
        parsing.no_query(request.query_string)
        return self._cache.answer(caching.dashboard_plan(), self._show, self._show_serially)

    def _show(self) -> bytes:
        results = self._fanout.gather(*self._reads)
        return answers.dashboard(*results)

    def _show_serially(self) -> bytes:
        """For background refreshes, which may take one connection only."""
        results = []
        for read in self._reads:
            rows = read()
            results.append(rows)
        return answers.dashboard(*results)
