"""The history of a load: a record of every attempt, and the watched levels."""

from typing import Final, Literal, TypeAlias

import msgspec

# Kinds of missing answers: no connection; closed before any byte of an answer; closed in the middle of one; no complete
# answer in time; an answer that is not HTTP.
Fault: TypeAlias = Literal["refused", "closed", "cut", "timed out", "garbled"]
Level: TypeAlias = tuple[str, int]

CREATED: Final = 201
OK: Final = 200
# Subjects set by a single writer each, to a higher number every time; all others are counted up.
REGISTERS: Final = ("price", "name", "stock")


class Record(msgspec.Struct, array_like=True, gc=False):
    """One attempt of one request.

    `started` and `ended` are seconds of the machine's monotonic clock, which is comparable between processes. `status`
    is 0 without an answer; `fault` is then the reason. `cache` is X-Cache. `levels` has, by subject, the level that a
    read returned, or that a write sets or adds. `key` identifies a write in all its attempts: an order's
    Idempotency-Key. `made` is the number of the order in a 201.
    """

    kind: Literal["read", "write"]
    route: str
    path: str
    started: float
    ended: float
    status: int
    fault: Fault | None = None
    cache: str | None = None
    problem: bool = False
    levels: tuple[Level, ...] = ()
    key: str = ""
    attempt: int = 1
    made: int = 0

    @property
    def done(self) -> bool:
        return self.status in (OK, CREATED)

    @property
    def seconds(self) -> float:
        """Until the last byte or the time-out."""
        return self.ended - self.started


class Watched(msgspec.Struct):
    """The products that a load writes, and every subject's level before it.

    A subject has a level that only rises: `price:7`, `name:7` and `stock:7` are set by one writer each;
    `sold:7` (units that orders took from its stock), `bought:7` (units by the dashboard), `units:toys` and
    `units:*` (units by the reports) and `orders` (of the data set's last day) are counted up by orders.
    """

    prices: tuple[int, ...] = ()
    names: tuple[int, ...] = ()
    stocks: tuple[int, ...] = ()
    sold: tuple[int, ...] = ()
    categories: dict[int, str] = {}
    base: dict[str, int] = {}


class History(msgspec.Struct):
    """All attempts on one combination under one load; `full` if not all could be recorded."""

    combination: str
    run: str
    watched: Watched
    records: list[Record]
    full: bool = False

    @property
    def reads(self) -> list[Record]:
        """Reads in the order in which they ended."""
        return [record for record in self.records if record.kind == "read"]

    @property
    def writes(self) -> list[Record]:
        """Every attempt of a write, in the order in which they ended."""
        return [record for record in self.records if record.kind == "write"]


class Log:
    """A list of records with a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.records: list[Record] = []
        self.reads = 0
        self.writes = 0
        self.full = False

    def add(self, record: Record) -> None:
        if len(self.records) >= self._limit:
            self.full = True
            return
        self.records.append(record)
        self.reads += record.done and record.kind == "read"
        self.writes += record.done and record.kind == "write"
