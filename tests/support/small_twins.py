"""Two small twins that mirror each other, on disk, to be broken by tests."""

from dataclasses import dataclass
from pathlib import Path

STORE = '''\
"""Rows of things; an async word such as await stays in text."""

import aiodriver
from framework_a import Ay
from libs import Plain
from libs.aio import Cache

from shared import rows


class Store:
    """Reads things."""

    async def __aenter__(self) -> "Store":
        return self

    async def thing(self, number: int) -> str:
        # await is named here, and async too
        async with self._pool.connection() as connection:
            row = await connection.one("select 'await aiodriver'", number)
        names = [name async for name in connection.names()]
        told = f"await {number} {aiodriver}"
        return rows.shape(row, names, told, aiodriver.VERSION, Cache, Plain, Ay)
'''
SYNC_STORE = '''\
"""Rows of things; an async word such as await stays in text."""

import driver
from libs import Cache
from things import Plain
from web_framework import See

from shared import rows


class Store:
    """Reads things."""

    def __enter__(self) -> "Store":
        return self

    def thing(self, number: int) -> str:
        # await is named here, and async too
        with self._pool.connection() as connection:
            row = connection.one("select 'await aiodriver'", number)
        names = [name for name in connection.names()]
        told = f"await {number} {aiodriver}"
        return rows.shape(row, names, told, driver.VERSION, Cache, Plain, See)
'''
POOL = """\
class Pool:
    async def acquire(self, timeout: float) -> int:
        return await self._take(1)
"""
SYNC_POOL = """\
class Pool:
    def acquire(self, timeout: float) -> int:
        return self._queue.get(1)
"""
TABLE = """\
[names]
Ay = "See"
__aenter__ = "__enter__"
aiodriver = "driver"
framework_a = "web_framework"
libs = "things"
"libs.aio" = "libs"

[seams]
"pool.py" = "One side waits on a queue, the other on a task."
"""


@dataclass(frozen=True)
class Place:
    """A pair of small twins on disk."""

    folder: Path

    @property
    def options(self) -> list[str]:
        names = ("async", "sync", "table")
        return [text for name in names for text in (f"--{name}", str(self.folder / name))]

    def change(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def add(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as opened:
            opened.write(text)


def good_twins(folder: Path) -> Place:
    place = Place(folder)
    for twin, store, pool in (("async", STORE, POOL), ("sync", SYNC_STORE, SYNC_POOL)):
        place.add(f"{twin}/store.py", store)
        place.add(f"{twin}/pool.py", pool)
        place.add(f"{twin}/__init__.py", "")
        place.add(f"{twin}/rows.sql", "SELECT 1\n")
    place.add("table", TABLE)
    # Otherwise the order of imports would depend on the folder in which the tests are started.
    place.add("ruff.toml", '[lint.isort]\nknown-first-party = ["shared"]\n')
    return place
