"""The OpenAPI 3.1 document, made from the table of routes and the shapes."""

from typing import Any

import msgspec

from shared.http.answer import Answer
from shared.http.errors import CONTENT_TYPE, TITLES
from shared.http.routes import ROUTES, Route
from shared.schema import MAX_ID, MAX_ORDER_ID, ProblemBody

IDS = {"product_id": MAX_ID, "order_id": MAX_ORDER_ID}
TEXT_ROUTES = {"metrics": "text/plain", "openapi": "application/json"}
# A bug can occur on any route.
ANYWHERE = 500
CACHE_STATES = ["hit", "miss", "stale", "bypass", "off"]
# msgspec bounds the members of a shape, not their number.
BOUNDS = {"ProductPatch": {"minProperties": 1}}

Json = dict[str, Any]


def answer() -> Answer:
    return Answer(200, msgspec.json.encode(document()))


def document() -> Json:
    shapes = [shape for route in ROUTES for shape in (route.answer, route.body) if shape is not None]
    _, components = msgspec.json.schema_components([*shapes, ProblemBody], ref_template="#/components/schemas/{name}")
    components = {name: {**shape, **BOUNDS.get(name, {})} for name, shape in components.items()}
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1", "description": "One API, written twice."},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route),
            *_header_parameters(route),
        ],
        "responses": {str(route.status): _success(route)}
        | {str(status): _problem(route, status) for status in (*route.problems, ANYWHERE)},
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": _content("application/json", route.body),
        }
    return operation


def _path_parameters(route: Route) -> list[Json]:
    return [
        _parameter("path", name, {"type": "integer", "minimum": 1, "maximum": largest}, required=True)
        for name, largest in IDS.items()
        if f"{{{name}}}" in route.path
    ]


def _query_parameters(route: Route) -> list[Json]:
    if route.query is None:
        return []
    schema = next(iter(msgspec.json.schema(route.query)["$defs"].values()))
    return [_parameter("query", name, _one_type(shape)) for name, shape in schema["properties"].items()]


def _header_parameters(route: Route) -> list[Json]:
    if not route.replayable:
        return []
    return [_parameter("header", "Idempotency-Key", {"type": "string", "pattern": "^[!-+.-~-]{1,255}$"})]


def _parameter(place: str, name: str, schema: Json, required: bool = False) -> Json:
    return {"in": place, "name": name, "required": required, "schema": schema}


def _one_type(schema: Json) -> Json:
    """Drop null: an optional parameter is left out, never null."""
    choices = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
    return choices[0] if choices else schema


def _success(route: Route) -> Json:
    headers = _headers(route)
    if route.status == 201:
        headers["Location"] = {"schema": {"type": "string"}}
    content = {TEXT_ROUTES[route.name]: {}} if route.answer is None else _content("application/json", route.answer)
    return {"description": route.summary, "headers": headers, "content": content}


def _problem(route: Route, status: int) -> Json:
    headers = _headers(route)
    if status == 503:
        headers["Retry-After"] = {"schema": {"type": "integer"}}
    return {"description": TITLES[status], "headers": headers, "content": _content(CONTENT_TYPE, ProblemBody)}


def _headers(route: Route) -> Json:
    """The headers of every answer of a route, whatever its status."""
    headers: Json = {"X-Combination": {"schema": {"type": "string"}}}
    if route.cached:
        headers["X-Cache"] = {"schema": {"type": "string", "enum": CACHE_STATES}}
    return headers


def _content(content_type: str, shape: Any) -> Json:
    return {content_type: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}
