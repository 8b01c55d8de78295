"""The routes for operators: health, metrics and the OpenAPI document."""

from shared.http import openapi
from shared.http.answer import Answer
from shared.service import metrics
from shared.shop import answers

from ..service.context import ServiceContext


class Health:
    def __init__(self, context: ServiceContext) -> None:
        self._combination = context.settings.combination
        self._store = context.store
        self._cache = context.cache

    async def live(self) -> Answer:
        return answers.live(self._combination)

    async def ready(self) -> Answer:
        """A 200 when the database answers and is seeded."""
        rows = await self._store.ready()
        state = await self._cache.state()
        return answers.ready(self._combination, rows, state)

    async def metrics(self) -> Answer:
        return metrics.answer()

    async def openapi(self) -> Answer:
        return openapi.answer()
