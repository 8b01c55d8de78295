"""CPU cores of the services, and of the database, Redis and the load generator."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from compose.local.failures import unusable

Cores = frozenset[int]
RANGE: Final = re.compile(r"([0-9]+)(?:-([0-9]+))?")


@dataclass(frozen=True)
class Placement:
    """Two sets of cores; equal if the machine has only one."""

    services: Cores
    others: Cores

    def __str__(self) -> str:
        if self.services == self.others:
            return f"all on core {listed(self.services)}: the load generator and the services share it"
        return f"services on core {listed(self.services)}, everything else on {listed(self.others)}"


def place(services: str, others: str) -> Placement:
    """The requested cores that this process may use; by default its first one and the rest."""
    allowed = frozenset(os.sched_getaffinity(0))
    first = frozenset({min(allowed)})
    mine = parse(services, "SERVICE_CPUS") & allowed or first
    return Placement(mine, parse(others, "OTHER_CPUS") & allowed or allowed - mine or mine)


def parse(text: str, variable: str) -> Cores:
    """Parse a list such as `0-2,5`."""
    cores: set[int] = set()
    for part in filter(None, text.split(",")):
        known = RANGE.fullmatch(part)
        if known is None:
            raise unusable(f"{variable}={text}: write cores like 0 or 1-3 or 0,2")
        low, high = known.groups()
        cores.update(range(int(low), int(high or low) + 1))
    return frozenset(cores)


def listed(cores: Cores) -> str:
    return ",".join(str(core) for core in sorted(cores))


@contextmanager
def pinned(cores: Cores) -> Iterator[None]:
    """Processes started by this thread inside the block inherit these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
