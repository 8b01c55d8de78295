"""The size of a load, and the preparation of its products."""

from typing import Any, Final

import msgspec

from loadtests.consistency.history import OK, Watched
from loadtests.consistency.http import Client, NoAnswer
from loadtests.consistency.requests import (
    DASHBOARD,
    FULL_STOCK,
    Request,
    cents,
    levels_in,
    patch,
    product_read,
    report_read,
)
from shared.schema import Dashboard, Product

# k6's time-out, above the 8 s within which the service always answers.
REQUEST_SECONDS: Final = 10.0
# About 100 MB in the load's process.
MOST_RECORDS: Final = 300_000
NAMED: Final = 2
SOLD: Final = 4
LOW: Final = 2
# For this many writes the watched low stocks stay the lowest; the dashboard shows the ten lowest.
LOW_UNTIL: Final = 5000
ROUNDS: Final = 400
FIRST_PRICE: Final = 100


class Load(msgspec.Struct, frozen=True):
    """A load on one combination: readers, and writers that patch or order.

    A rate is per second over all visitors of its kind, 0 for a closed loop without pauses. With `reads_per_write`
    writers also wait for this number of answered reads before each write. With `uncached` readers request revenue
    reports of random periods, and nothing is watched. The load ends when both `reads` and `writes` are answered (0:
    when stopped), after `seconds`, or after `most_records`.
    """

    combination: str
    port: int
    run: str
    readers: int = 12
    patchers: int = 6
    orderers: int = 4
    reads_per_second: float = 0.0
    writes_per_second: float = 0.0
    reads_per_write: int = 0
    uncached: bool = False
    reads: int = 0
    writes: int = 0
    seconds: float = 600.0
    most_records: int = MOST_RECORDS

    @property
    def read_pause(self) -> float:
        return self.readers / self.reads_per_second if self.reads_per_second else 0.0

    @property
    def write_pause(self) -> float:
        writers = self.patchers + self.orderers
        return writers / self.writes_per_second if self.writes_per_second else 0.0


class NotPrepared(Exception):
    """A wrong answer of the service to one of the first requests; the message is one line."""


async def prepare(client: Client) -> Watched:
    """Chooses the products to watch, among them those on the dashboard; raises NotPrepared."""
    shown = await _get(client, DASHBOARD, Dashboard)
    best = [seller.id for seller in shown.best_sellers]
    names, sold = best[:NAMED], best[NAMED : NAMED + SOLD]
    if len(sold) < SOLD:
        raise NotPrepared("the dashboard shows too few best sellers: is the data set loaded?")
    stocks = await _lowest(client, {*names, *sold})
    watched = Watched(tuple(sold[:NAMED]), tuple(names), stocks, tuple(sold), {}, {})
    for number in (*names, *sold, *stocks):
        product = await _get(client, product_read(number), Product)
        watched.categories[number] = product.category
    await _level(client, watched)
    return watched


async def _lowest(client: Client, taken: set[int]) -> tuple[int, ...]:
    chosen: list[int] = []
    for _ in range(ROUNDS):
        shown = await _get(client, DASHBOARD, Dashboard)
        chosen = chosen or [low.id for low in shown.low_stock if low.id not in taken][:LOW]
        others = [low.id for low in shown.low_stock if low.stock < LOW_UNTIL and low.id not in chosen]
        if not others:
            return tuple(chosen)
        for number in others:
            await _set(client, "stock", number, FULL_STOCK)
    raise NotPrepared(f"after {ROUNDS} rounds there are still products with a stock below {LOW_UNTIL}")


async def _level(client: Client, watched: Watched) -> None:
    for number in watched.sold:
        await _set(client, "stock", number, FULL_STOCK)
        watched.base[f"sold:{number}"] = 0
    firsts = {"name": (watched.names, 0), "price": (watched.prices, FIRST_PRICE), "stock": (watched.stocks, 0)}
    for member, (numbers, level) in firsts.items():
        for number in numbers:
            await _set(client, member, number, level)
            watched.base[f"{member}:{number}"] = level
    reports = [report_read(category) for category in (None, *sorted(set(watched.categories.values())))]
    for read in (*reports, DASHBOARD):
        watched.base |= dict(levels_in(read.route, await _body(client, read), watched))


async def _set(client: Client, member: str, number: int, level: int) -> None:
    wanted = patch(member, number, level)
    product = await _get(client, wanted, Product)
    if member == "price" and cents(product.price) != level:
        raise NotPrepared(f"PATCH {wanted.path} answered the price {product.price}")


async def _get(client: Client, request: Request, shape: Any) -> Any:
    return msgspec.json.decode(await _body(client, request), type=shape)


async def _body(client: Client, request: Request) -> bytes:
    what = f"{request.method} {request.path}"
    try:
        reply = await client.ask(request.method, request.path, request.body)
    except NoAnswer as lost:
        raise NotPrepared(f"{what}: {lost.fault}") from lost
    if reply.status != OK:
        raise NotPrepared(f"{what} answered {reply.status}: {reply.body[:200]!r}")
    return reply.body
