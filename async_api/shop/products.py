"""The routes of products."""

from functools import partial

from quart import request

from shared.cache import plans as caching
from shared.http import parsing
from shared.http.answer import Answer
from shared.http.parsing import CatalogueQuery
from shared.schema import ProductPatch
from shared.shop import answers

from ..http.bodies import read_body
from ..service.context import ServiceContext


class Products:
    """List, get and patch products."""

    def __init__(self, context: ServiceContext) -> None:
        self._store = context.store
        self._cache = context.cache
        self._background = context.background

    async def list(self) -> Answer:
        query = parsing.catalogue_query(request.query_string)
        return await self._cache.answer(caching.catalogue_plan(query), partial(self._list, query))

    async def get(self, product_id: str) -> Answer:
        parsing.no_query(request.query_string)
        number = parsing.product_id(product_id)
        return await self._cache.answer(caching.product_plan(number), partial(self._get, number))

    async def patch(self, product_id: str) -> Answer:
        body = await read_body()
        parsing.no_query(request.query_string)
        number = parsing.product_id(product_id)
        patch = parsing.product_patch(body)
        return await self._background.run_to_completion(self._patch, number, patch)

    async def _list(self, query: CatalogueQuery) -> bytes:
        rows = await self._store.catalogue(query)
        return answers.catalogue(query, rows)

    async def _get(self, number: int) -> bytes:
        rows = await self._store.product(number)
        return answers.product(rows)

    async def _patch(self, number: int, patch: ProductPatch) -> Answer:
        written = await self._store.change_product(number, patch)
        await self._cache.drop(written.touched)
        return written.answer
