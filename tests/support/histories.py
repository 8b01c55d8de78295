"""Small histories made by hand: reads and writes at given seconds."""

from typing import Any

from loadtests.consistency.history import History, Record, Watched
from loadtests.consistency.kept_writes import FinalRows, ProductRow
from loadtests.consistency.requests import order, patch

# Product 1 has a price to set, 2 a name, 3 a stock; 4 and 5 are ordered, both of the same category.
WATCHED = Watched(
    prices=(1,),
    names=(2,),
    stocks=(3,),
    sold=(4, 5),
    categories={1: "toys", 2: "toys", 3: "books", 4: "music", 5: "music"},
    base={"price:1": 100, "name:2": 0, "stock:3": 0, "sold:4": 0, "sold:5": 0, "units:music": 10, "orders": 7},
)


def history(*records: Record) -> History:
    """A history with the records in order of their end."""
    return History("sync-cached", "run", WATCHED, sorted(records, key=lambda record: record.ended))


def read(subject: str, level: int, started: float, ended: float, **members: Any) -> Record:
    """A read that showed one subject at a level."""
    values: dict[str, Any] = {"status": 200, "cache": "hit", "levels": ((subject, level),)} | members
    return Record("read", "product", "/", started, ended, **values)


def priced(level: int, started: float, ended: float, **members: Any) -> Record:
    """A PATCH that sets the price of product 1 to a level."""
    return written(patch("price", 1, level), started, ended, **members)


def ordered(number: int, started: float, ended: float, **members: Any) -> Record:
    """The order with this number; answered with order 1000 + number unless told otherwise."""
    values: dict[str, Any] = {"status": 201, "made": 1000 + number} | members
    return written(order(number, "run", WATCHED), started, ended, **values)


def written(write: Any, started: float, ended: float, **members: Any) -> Record:
    """An attempt of a write."""
    values: dict[str, Any] = {"status": 200, "key": write.key, "levels": write.levels} | members
    return Record("write", write.route, write.path, started, ended, **values)


def lost(fault: str = "closed") -> dict[str, Any]:
    """The members of an attempt that was not answered."""
    return {"status": 0, "fault": fault, "made": 0}


def rows(*orders: tuple[int, int], price: int = 100, sold: tuple[int, int] = (0, 0)) -> FinalRows:
    """The rows after a load: orders as (id, customer), the price, and what was taken from the two stocks."""
    return FinalRows(
        orders={number: (customer, 1) for number, customer in orders},
        products={
            1: ProductRow("Any", price, 5),
            2: ProductRow("Version 0", 100, 5),
            3: ProductRow("Any", 100, 0),
            4: ProductRow("Any", 100, 4_000_000_000 - sold[0]),
            5: ProductRow("Any", 100, 4_000_000_000 - sold[1]),
        },
    )
