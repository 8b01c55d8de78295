"""The ledger: what a running cell is made of, read from its parts and not from what was configured."""

from typing import Final, TypeAlias

import psutil
import pymysql
import redis

from loadtests import ledger_database, ledger_process, ledger_redis
from loadtests.counters import parsed_traits, read_metrics
from loadtests.server_schema import Change
from loadtests.targets import Target, TargetError

Ledger: TypeAlias = dict[str, str]

UNREADABLE: Final = (pymysql.Error, redis.RedisError, psutil.Error, OSError)


def read_ledger(target: Target, name: str) -> Ledger:
    """Gives every entry that can be read of a combination's running cell; raises TargetError naming what cannot.

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


def changes(before: Ledger, *after: Ledger) -> list[Change]:
    """Gives the entries that are not the same any more, each as it is where that is first seen."""
    found: dict[str, Change] = {}
    for ledger in after:
        for name in before.keys() | ledger.keys():
            if before.get(name) != ledger.get(name):
                found.setdefault(name, Change(name, before.get(name), ledger.get(name)))
    return [found[name] for name in sorted(found)]


def _traits(url: str) -> Ledger:
    """What the workers say of themselves; where they differ, every value with the number of workers."""
    entries = {}
    for entry, workers in parsed_traits(read_metrics(url)).items():
        values = sorted(workers)
        entries[entry] = values[0] if len(values) == 1 else " | ".join(f"{one} ({workers[one]})" for one in values)
        if entry == "server":
            entries["workers"] = str(sum(workers.values()))
    return entries
