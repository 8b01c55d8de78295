"""Seam: the middleware of admission control."""

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

from shared.http.routes import needs_a_place

from .places import Places


def admitting(app: ASGIFramework, places: Places) -> ASGIFramework:
    """A request holds its place until its answer is sent."""

    async def handle(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] != "http" or not needs_a_place(scope["path"]) or not await places.take():
            await app(scope, receive, send)
            return
        try:
            await app(scope, receive, send)
        finally:
            places.give_back()

    return handle
