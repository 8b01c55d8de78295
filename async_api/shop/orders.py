"""The routes of orders."""

from quart import request

from shared.http import parsing
from shared.http.answer import Answer
from shared.schema import NewOrder
from shared.shop import answers

from ..http.bodies import read_body
from ..service.context import ServiceContext


class Orders:
    """Place and get orders."""

    def __init__(self, context: ServiceContext) -> None:
        self._store = context.store
        self._cache = context.cache
        self._background = context.background

    async def place(self) -> Answer:
        body = await read_body()
        parsing.no_query(request.query_string)
        key = parsing.idempotency_key(request.headers.getlist("Idempotency-Key"))
        order = parsing.new_order(body)
        return await self._background.run_to_completion(self._place, order, key)

    async def get(self, order_id: str) -> Answer:
        parsing.no_query(request.query_string)
        rows = await self._store.order(parsing.order_id(order_id))
        return Answer(200, answers.order(rows))

    async def _place(self, order: NewOrder, key: str | None) -> Answer:
        written = await self._store.place_order(order, key)
        await self._cache.drop(written.touched)
        return written.answer
