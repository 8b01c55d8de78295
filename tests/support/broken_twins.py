"""All ways to break two small twins, with the expected output of the check."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.small_twins import Place


@dataclass(frozen=True)
class Broken:
    """One way to break good twins, and words that the report must contain."""

    name: str
    breaks: Callable[[Place], object]
    told: str


REASON = '"One side waits on a queue, the other on a task."'
FAULTS = (
    Broken(
        "a changed argument",
        lambda place: place.change("sync/store.py", "await aiodriver'\", number", "await aiodriver'\", 1"),
        "store.py: differs from its twin",
    ),
    Broken(
        "a changed comment",
        lambda place: place.change("sync/store.py", "# await is", "# Await is"),
        "store.py: differs from its twin",
    ),
    Broken(
        "a changed text",
        lambda place: place.change("sync/store.py", "await aiodriver'", "driver'"),
        "store.py: differs from its twin",
    ),
    Broken(
        "an extra last line in sync",
        lambda place: place.add("sync/store.py", "\n\nEXTRA = 1\n"),
        "+EXTRA = 1",
    ),
    Broken(
        "an extra last line in async",
        lambda place: place.add("async/store.py", "\n\nEXTRA = 1\n"),
        "-EXTRA = 1",
    ),
    Broken(
        "an empty last line",
        lambda place: place.add("sync/store.py", "\n"),
        "23 lines in the async twin, 24 in the sync twin",
    ),
    Broken(
        "a line that one side wraps",
        lambda place: place.change("sync/store.py", "(self, number: int)", "(\n        self, number: int\n    )"),
        "23 lines in the async twin, 25 in the sync twin",
    ),
    Broken(
        "an orphan in async",
        lambda place: place.add("async/extra.py", "ONE = 1\n"),
        "async/extra.py: has no twin",
    ),
    Broken(
        "an orphan in sync",
        lambda place: place.add("sync/extra.py", "ONE = 1\n"),
        "sync/extra.py: has no twin",
    ),
    Broken(
        "an orphan that is no Python",
        lambda place: place.add("sync/notes.txt", "a note\n"),
        "sync/notes.txt: has no twin",
    ),
    Broken(
        "an orphan in a folder below",
        lambda place: place.add("async/parts/one.py", "ONE = 1\n"),
        "parts/one.py: has no twin",
    ),
    Broken(
        "other files that differ",
        lambda place: place.change("sync/rows.sql", "1", "2"),
        "+SELECT 2",
    ),
    Broken(
        "an unused rule",
        lambda place: place.change("table", "[names]", '[names]\nnever_seen = "seen"'),
        '[names] "never_seen": nothing uses this rule',
    ),
    Broken(
        "a rule that only text uses",
        lambda place: place.change("table", "[names]", '[names]\nsuch = "other"'),
        '[names] "such": nothing uses this rule',
    ),
    Broken(
        "a rule that only the inside of a seam uses",
        lambda place: place.change("table", "[names]", '[names]\n_take = "_get"'),
        '[names] "_take": nothing uses this rule',
    ),
    Broken(
        "a missing rule",
        lambda place: place.change("table", 'Ay = "See"', ""),
        "store.py: differs from its twin",
    ),
    Broken(
        "a seam without a reason",
        lambda place: place.change("table", REASON, '""'),
        '[seams] "pool.py": no written reason',
    ),
    Broken(
        "a seam with a placeholder for a reason",
        lambda place: place.change("table", REASON, '"differs"'),
        '[seams] "pool.py": no written reason',
    ),
    Broken(
        "a seam with another parameter",
        lambda place: place.change("sync/pool.py", "timeout", "seconds"),
        "+Pool.acquire(self, seconds)",
    ),
    Broken(
        "a seam that takes any number",
        lambda place: place.change("sync/pool.py", "timeout", "*timeout"),
        "+Pool.acquire(self, *timeout)",
    ),
    Broken(
        "a seam with another public name",
        lambda place: place.add("sync/pool.py", "\n    def close(self) -> None: ...\n"),
        "+Pool.close(self)",
    ),
    Broken(
        "a seam that only one twin has",
        lambda place: (place.folder / "sync/pool.py").unlink(),
        "pool.py: has no twin",
    ),
    Broken(
        "a needless seam",
        lambda place: place.change("sync/pool.py", "_queue.get", "_take"),
        '[seams] "pool.py": its files mirror each other',
    ),
    Broken(
        "a seam that neither twin has",
        lambda place: place.add("table", '"fan.py" = "Threads here and tasks there."\n'),
        '[seams] "fan.py": neither twin has this file',
    ),
    Broken(
        "seams that are too large",
        lambda place: place.add("sync/pool.py", "        # more\n" * 10),
        "sync: seams have 13 lines, a quarter of this twin is 9",
    ),
)


UNUSABLES = (
    Broken("a broken table", lambda place: place.change("table", "[names]", "[names"), "not TOML"),
    Broken("no table", lambda place: (place.folder / "table").unlink(), "No such file"),
    Broken("an unknown section", lambda place: place.add("table", "[seam]\n"), "unknown table [seam]"),
    Broken(
        "a rule that changes nothing",
        lambda place: place.change("table", '"See"', '"Ay"'),
        "maps a name to itself",
    ),
    Broken(
        "a rule that is no name",
        lambda place: place.change("table", '"See"', '"S ee"'),
        '"S ee" is not a dotted name',
    ),
    Broken(
        "a reason that is no text",
        lambda place: place.change("table", REASON, "1"),
        '"pool.py" has to be a string',
    ),
    Broken(
        "no folder",
        lambda place: (place.folder / "sync").rename(place.folder / "gone"),
        "no such folder",
    ),
    Broken(
        "a file that is not Python",
        lambda place: place.add("async/store.py", "class :\n"),
        "store.py: ",
    ),
)
