"""The routes for those who run the service."""

from shared.http import openapi
from shared.http.answer import Answer
from shared.service import metrics
from shared.shop import answers

from ..service.context import ServiceContext


class Health:
    """Is it alive, is it ready, what has it done, what does it offer."""

    def __init__(self, context: ServiceContext) -> None:
        self._combination = context.settings.combination
        self._store = context.store
        self._cache = context.cache

    def live(self) -> Answer:
        """Answers as long as the process does."""
        return answers.live(self._combination)

    def ready(self) -> Answer:
        """Answers 200 when the database is there and seeded."""
        rows = self._store.ready()
        state = self._cache.state()
        return answers.ready(self._combination, rows, state)

    def metrics(self) -> Answer:
        """Answers the figures of all workers."""
        return metrics.answer()

    def openapi(self) -> Answer:
        """Answers the OpenAPI document."""
        return openapi.answer()
