"""A product and the catalogue as most teams write them in Quart: measured beside the async twin by COMBINATIONS=naive.

The driver's own pool, rows as dictionaries, jsonify, and Redis by GET and SET.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import aiomysql
import redis.asyncio as redis
from aiomysql import DictCursor
from quart import Quart, Response, jsonify, request

from docs.examples.naive import settings

app = Quart(__name__)
app.json.sort_keys = False  # type: ignore[attr-defined]
app.json.ensure_ascii = False  # type: ignore[attr-defined]
cache = redis.Redis.from_url(settings.CACHE_URL) if settings.CACHE_URL else None


@app.before_serving
async def open_pool() -> None:
    app.config["pool"] = await aiomysql.create_pool(
        host=settings.HOST,
        port=settings.PORT,
        user=settings.USER,
        password=settings.PASSWORD,
        db=settings.DATABASE,
        charset="utf8mb4",
        cursorclass=DictCursor,
        autocommit=True,
        maxsize=settings.POOL,
    )


@app.after_serving
async def close_pool() -> None:
    app.config["pool"].close()
    await app.config["pool"].wait_closed()


async def query(statement: str, *values: object) -> list[dict[str, Any]]:
    async with app.config["pool"].acquire() as connection, connection.cursor() as cursor:
        await cursor.execute(statement, values)
        return list(await cursor.fetchall())


def cached(view: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """Keep a view's answers in Redis for a minute."""

    @wraps(view)
    async def answer(**arguments: Any) -> Response:
        if cache is None:
            return marked(await view(**arguments), "off")
        key = f"{settings.PREFIX}:{request.full_path}"
        body: Any = await cache.get(key)
        if body is not None:
            return marked(Response(body, mimetype="application/json"), "hit")
        response = await view(**arguments)
        if response.status_code == 200:
            await cache.set(key, await response.get_data(), ex=settings.LIFETIME)
        return marked(response, "miss")

    return answer


def marked(response: Response, state: str) -> Response:
    response.headers["X-Cache"] = state
    return response


@app.get("/api/products/<int:product_id>")
@cached
async def product(product_id: int) -> Response:
    rows = await query(settings.PRODUCT, product_id) if product_id <= settings.LARGEST_ID else []
    if not rows:
        response = jsonify(title="Not found", status=404, detail="There is no such product.")
        response.status_code = 404
        response.content_type = "application/problem+json"
        return response
    row = rows[0]
    row["updated_at"] = row["updated_at"].isoformat() + "Z"
    return jsonify(row)


@app.get("/api/products")
@cached
async def catalogue() -> Response:
    category = request.args.get("category")
    after = request.args.get("after", 0, type=int)
    limit = min(request.args.get("limit", 20, type=int), 100)
    if category:
        rows = await query(settings.CATALOGUE_OF_CATEGORY, category, after, limit + 1)
    else:
        rows = await query(settings.CATALOGUE, after, limit + 1)
    items = rows[:limit]
    return jsonify(items=items, next=items[-1]["id"] if len(rows) > limit else None)
