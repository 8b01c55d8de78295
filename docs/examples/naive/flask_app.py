"""A product and the catalogue as most teams write them in Flask: measured beside the sync twin by COMBINATIONS=naive.

A connection per request, rows as dictionaries, jsonify, and Redis by GET and SET.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pymysql
import redis
from flask import Flask, Response, g, jsonify, request
from pymysql.cursors import DictCursor

from docs.examples.naive import settings

app = Flask(__name__)
app.json.sort_keys = False  # type: ignore[attr-defined]
app.json.ensure_ascii = False  # type: ignore[attr-defined]
cache = redis.Redis.from_url(settings.CACHE_URL) if settings.CACHE_URL else None


def connection() -> "pymysql.Connection[DictCursor]":
    if "connection" not in g:
        g.connection = pymysql.connect(
            host=settings.HOST,
            port=settings.PORT,
            user=settings.USER,
            password=settings.PASSWORD,
            database=settings.DATABASE,
            charset="utf8mb4",
            cursorclass=DictCursor,
            ssl_disabled=True,  # the default creates a TLS context per connection, 20 ms of CPU
        )
    return g.connection  # type: ignore[no-any-return]


@app.teardown_appcontext
def close(_error: BaseException | None) -> None:
    if "connection" in g:
        g.connection.close()


def query(statement: str, *values: object) -> list[dict[str, Any]]:
    with connection().cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def cached(view: Callable[..., Response]) -> Callable[..., Response]:
    """Keep a view's answers in Redis for a minute."""

    @wraps(view)
    def answer(**arguments: Any) -> Response:
        if cache is None:
            return marked(view(**arguments), "off")
        key = f"{settings.PREFIX}:{request.full_path}"
        body: Any = cache.get(key)
        if body is not None:
            return marked(Response(body, mimetype="application/json"), "hit")
        response = view(**arguments)
        if response.status_code == 200:
            cache.set(key, response.get_data(), ex=settings.LIFETIME)
        return marked(response, "miss")

    return answer


def marked(response: Response, state: str) -> Response:
    response.headers["X-Cache"] = state
    return response


@app.get("/api/products/<int:product_id>")
@cached
def product(product_id: int) -> Response:
    rows = query(settings.PRODUCT, product_id) if product_id <= settings.LARGEST_ID else []
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
def catalogue() -> Response:
    category = request.args.get("category")
    after = request.args.get("after", 0, type=int)
    limit = min(request.args.get("limit", 20, type=int), 100)
    if category:
        rows = query(settings.CATALOGUE_OF_CATEGORY, category, after, limit + 1)
    else:
        rows = query(settings.CATALOGUE, after, limit + 1)
    items = rows[:limit]
    return jsonify(items=items, next=items[-1]["id"] if len(rows) > limit else None)
