"""The reads and writes of the service."""

from functools import partial

from shared.cache import plans as caching
from shared.http.parsing import CatalogueQuery, RevenueQuery
from shared.schema import NewOrder, ProductPatch
from shared.shop import answers, ordering, statements
from shared.shop.answers import Days, Row, Rows
from shared.shop.ordering import Written

from ..database.connection import Connection
from ..database.database import Database
from ..service.background import Call


class Store:
    def __init__(self, database: Database) -> None:
        self._database = database

    def catalogue(self, query: CatalogueQuery) -> Rows:
        """Keyset pagination: one row more than the page when there is a next page."""
        if query.category is None:
            return self._database.read(statements.CATALOGUE, query.after, query.limit + 1)
        values = (query.category, query.after, query.limit + 1)
        return self._database.read(statements.CATALOGUE_OF_CATEGORY, *values)

    def product(self, number: int) -> Rows:
        """At most one row."""
        return self._database.read(statements.PRODUCT, number)

    def order(self, number: int) -> Rows:
        """One row per order line; none when there is no such order."""
        return self._database.read(statements.ORDER, number)

    def revenue(self, query: RevenueQuery) -> tuple[Days, Rows]:
        """First and last day of the report, and its rows."""
        calendar = self._database.read(statements.CALENDAR_DAY)
        days = answers.report_days(query, calendar[0][0])
        if query.category is not None:
            rows = self._database.read(statements.REVENUE_OF_CATEGORY, *days, query.category)
            return days, rows
        report: list[Row] = []
        for piece in answers.report_pieces(days):
            rows = self._database.read(statements.REVENUE, *piece)
            report.extend(rows)
        return days, report

    def best_sellers(self) -> Rows:
        return self._database.read(statements.BEST_SELLERS)

    def low_stock(self) -> Rows:
        return self._database.read(statements.LOW_STOCK)

    def latest_orders(self) -> Rows:
        return self._database.read(statements.LATEST_ORDERS)

    def revenue_by_day(self) -> Rows:
        return self._database.read(statements.REVENUE_BY_DAY)

    def ready(self) -> Rows:
        """One row in a seeded database, else none."""
        return self._database.read(statements.CALENDAR_DAY)

    def change_product(self, number: int, patch: ProductPatch) -> Written:
        """Raises a 404."""
        return self._written(partial(_change_product, number, patch))

    def place_order(self, order: NewOrder, key: str | None) -> Written:
        """With a known idempotency key, return the stored answer; raises a 409 or 422."""
        return self._written(partial(_place_order, order, key))

    def _written(self, work: Call[[Connection], Written]) -> Written:
        outcome = self._database.write(work)
        return ordering.concluded(outcome)


def _change_product(number: int, patch: ProductPatch, connection: Connection) -> Written:
    connection.run(statements.CHANGE_PRODUCT, *ordering.patch_values(patch, number))
    result = connection.run(statements.PRODUCT, number)
    body = answers.product(result.rows)
    category = answers.category_of(result.rows)
    return Written(ordering.changed(body), caching.touched_by_patch(number, category, patch))


def _place_order(order: NewOrder, key: str | None, connection: Connection) -> Written:
    if key is None:
        return _insert_order(order, connection)
    request = ordering.request_hash(order)
    claim = connection.run(statements.CLAIM_KEY, key, request)
    if not claim.row_count:
        return _replay(order, key, request, connection)
    written = _insert_order(order, connection)
    connection.run(statements.STORE_ANSWER, *ordering.stored_values(written.answer), key)
    return written


def _replay(order: NewOrder, key: str, request: str, connection: Connection) -> Written:
    stored = connection.run(statements.STORED_ANSWER, key)
    answer = ordering.replay(stored.rows[0], request)
    # The first request may have died between commit and invalidation, and this may be the client's first answer.
    numbers = ordering.product_ids(order)
    categories = connection.run(statements.categories_of(len(numbers)), *numbers)
    return Written(answer, caching.touched_by_order(numbers, [row[0] for row in categories.rows]))


def _insert_order(order: NewOrder, connection: Connection) -> Written:
    numbers = ordering.product_ids(order)
    customers = connection.run(statements.CUSTOMER_AND_NOW, order.customer_id)
    products = connection.run(statements.lock_products(len(numbers)), *numbers)
    draft = ordering.draft(order, customers.rows, products.rows)
    inserted = connection.run(statements.INSERT_ORDER, *ordering.order_values(draft))
    lines = ordering.line_values(inserted.last_row_id, draft)
    connection.run(statements.insert_lines(len(draft.lines)), *lines)
    connection.run(statements.TAKE_STOCK, inserted.last_row_id)
    result = connection.run(statements.ORDER, inserted.last_row_id)
    answer = ordering.created(inserted.last_row_id, answers.order(result.rows))
    return Written(answer, caching.touched_by_order(numbers, [row[3] for row in products.rows]))
