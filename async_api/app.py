"""The application: each route of the table bound to its handler."""

from quart import Quart
from werkzeug.exceptions import HTTPException

from shared.http.answer import Answer
from shared.http.parsing import MAX_READ
from shared.http.routes import ROUTES

from .http.health import Health
from .http.views import Views
from .service.background import Call
from .service.context import ServiceContext
from .shop.dashboard import Dashboard
from .shop.orders import Orders
from .shop.products import Products
from .shop.reports import Reports


def create_app(context: ServiceContext) -> Quart:
    """The caller opens and closes the context."""
    app = Quart(__name__, static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.config["MAX_CONTENT_LENGTH"] = MAX_READ
    app.url_map.merge_slashes = False
    views = Views(context)
    handlers = _handlers(context)
    for route in ROUTES:
        view = views.view(route, handlers[route.name])
        app.add_url_rule(route.rule, route.name, view, methods=[route.method])
    app.register_error_handler(HTTPException, views.unmatched)
    return app


def _handlers(context: ServiceContext) -> dict[str, Call[..., Answer]]:
    products = Products(context)
    orders = Orders(context)
    health = Health(context)
    return {
        "list_products": products.list,
        "get_product": products.get,
        "patch_product": products.patch,
        "create_order": orders.place,
        "get_order": orders.get,
        "revenue": Reports(context).revenue,
        "dashboard": Dashboard(context).show,
        "live": health.live,
        "ready": health.ready,
        "metrics": health.metrics,
        "openapi": health.openapi,
    }
