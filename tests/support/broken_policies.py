"""Three broken cache policies, with which tests prove that their checks find stale reads.

`python -m tests.support.changed_twin broken_policies sync no-stamps` serves a twin with a broken policy.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from shared.cache import commands as cache_commands
from shared.cache import policy as cache_policy
from shared.cache import values as cache_values
from shared.cache.plans import Plan
from shared.cache.steps import Command


def without_stamps() -> None:
    """All stamps are equal, so a drop does not invalidate what a slow reader stores after it."""
    cache_values.new_stamp = lambda: bytes(cache_values.STAMP_LENGTH)


def without_stamps_served() -> None:
    """Plain cache-aside: a drop deletes values, and a slow reader stores an old one again."""
    without_stamps()
    cache_commands.drop = _delete_values


def flights_across_writes() -> None:
    """Flights are named by key alone, so a reader can join one that began before the last write."""
    cache_policy.flight_of = _by_key_alone


def drop_before_commit() -> None:
    """A write drops its groups before the commit."""
    for twin in ("sync", "async"):
        if f"{twin}_api.serve" in sys.argv or twin in sys.argv:
            _drop_early(twin)


BROKEN: Final[dict[str, Callable[[], None]]] = {
    "no-stamps": without_stamps,
    "drop-before-commit": drop_before_commit,
    "flight-across-write": flights_across_writes,
}


# Served policies differ from the modelled ones here: without stamps a drop has to delete the values.
SERVED: Final = BROKEN | {"no-stamps": without_stamps_served}
DELETE_VALUES: Final = r"""
for _, value in ipairs(ARGV) do
  redis.call('DEL', value)
  for _, key in ipairs(redis.call('KEYS', (value:gsub('%*', '\*')) .. ':*')) do redis.call('DEL', key) end
end
return 1"""


def _delete_values(names: cache_commands.Names, groups: Sequence[str]) -> Command:
    values = [names.value(Plan(group, ())) for group in groups]
    return Command(("EVAL", DELETE_VALUES, 0, *values), lambda reply: reply)


def _by_key_alone(plan: Plan, stamps: cache_values.Stamps) -> str:
    return plan.key


# Work between drop and commit. Without it the transaction commits before a reader, which sends three commands to Redis
# on a miss, reaches the database.
GOES_ON: Final = "SELECT SLEEP(0.02)"


def _drop_early(twin: str) -> None:
    cache = importlib.import_module(f"{twin}_api.cache.cache").Cache
    database = importlib.import_module(f"{twin}_api.database.database").Database
    opened: list[Any] = []
    make, drop, write = cache.__init__, cache.drop, database.write

    def remembered(self: Any, *values: Any) -> None:
        make(self, *values)
        opened.append(self)

    async def write_async(self: Any, work: Any) -> Any:
        async def early(connection: Any) -> Any:
            written = await work(connection)
            await drop(opened[-1], written.touched)
            await connection.run(GOES_ON)
            return written

        return await write(self, early)

    def write_sync(self: Any, work: Any) -> Any:
        def early(connection: Any) -> Any:
            written = work(connection)
            drop(opened[-1], written.touched)
            connection.run(GOES_ON)
            return written

        return write(self, early)

    async def nothing(self: Any, groups: Any) -> None: ...

    cache.__init__ = remembered
    database.write = write_sync if twin == "sync" else write_async
    cache.drop = (lambda self, groups: None) if twin == "sync" else nothing


def change(_twin: str, policy: str) -> None:
    SERVED[policy]()
