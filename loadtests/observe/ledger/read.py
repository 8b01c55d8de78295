"""The ledger: what a running cell is made of, read from its parts and not from what was configured."""

from typing import Final

import psutil
import pymysql
import redis

from loadtests.observe.ledger import database as ledger_database
from loadtests.observe.ledger import process as ledger_process
from loadtests.observe.ledger import redis as ledger_redis
from loadtests.schema.run import Ledger
from loadtests.schema.server import Change
from loadtests.targets.base import Target, TargetError
from loadtests.targets.prometheus import parsed_traits, read_metrics

REOPENED: Final = ("database connections", "Redis connections", "Redis client's ", "TLS of database connections")
UNREADABLE: Final = (pymysql.Error, redis.RedisError, psutil.Error, OSError)


def read_ledger(target: Target, name: str) -> Ledger:
    """Raises TargetError naming what cannot be read.

    Without processes, database or Redis of ours (STACK=none) only what the service says of itself is there.
    """
    programs = target.programs(name)
    try:
        entries = _traits(target.url(name))
        entries |= ledger_process.entries(programs)
        entries |= ledger_database.entries(target, name)
        entries |= ledger_redis.entries(target, programs.get("service"))
    except UNREADABLE as error:
        raise TargetError(f"the ledger of {name} cannot be read: {error}") from error
    return dict(sorted(entries.items()))


def changes(before: Ledger, after: Ledger) -> list[Change]:
    names = sorted(before.keys() | after.keys())
    return [Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def changes_over_cell(expected: Ledger, before: Ledger, after: Ledger, fresh: bool = True) -> list[Change]:
    """The entries that were not as expected when a cell began, or had changed when it ended.

    What a load closed for a time-out is opened again when it is needed: such entries are compared only before the first
    load of `fresh` processes.
    """
    early, late = changes(expected, before), changes(expected, after)
    by_entry = {change.entry: change for change in (*_lasting(late), *(early if fresh else _lasting(early)))}
    return [by_entry[entry] for entry in sorted(by_entry)]


def _lasting(found: list[Change]) -> list[Change]:
    return [change for change in found if not change.entry.startswith(REOPENED)]


def _traits(url: str) -> Ledger:
    """What the workers say of themselves; where they differ, every value with the number of workers."""
    entries = {}
    for entry, workers in parsed_traits(read_metrics(url)).items():
        values = sorted(workers)
        entries[entry] = (
            values[0] if len(values) == 1 else " | ".join(f"{value} ({workers[value]})" for value in values)
        )
        if entry == "server":
            entries["workers"] = str(sum(workers.values()))
    return entries
