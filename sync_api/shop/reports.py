"""The routes of reports."""

from functools import partial

from flask import request

from shared.cache import plans as caching
from shared.http import parsing
from shared.http.answer import Answer
from shared.http.parsing import RevenueQuery
from shared.shop import answers

from ..service.context import ServiceContext


class Reports:
    """Aggregates over the orders."""

    def __init__(self, context: ServiceContext) -> None:
        self._store = context.store
        self._cache = context.cache

    def revenue(self) -> Answer:
        query = parsing.revenue_query(request.query_string)
        plan = caching.revenue_plan(query)
        return self._cache.answer(plan, partial(self._revenue, query))

    def _revenue(self, query: RevenueQuery) -> bytes:
        days, rows = self._store.revenue(query)
        return answers.revenue(query, days, rows)
