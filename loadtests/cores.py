"""How busy the cores of this machine are."""

from collections.abc import Mapping
from typing import Final

import psutil

from loadtests.server_schema import Core, Usage

ENOUGH_S: Final = 0.001


def read_cores() -> dict[str, tuple[float, float]]:
    """Gives the seconds that each core was busy, and all its seconds, since the start of the machine."""
    found = {}
    for number, times in enumerate(psutil.cpu_times(percpu=True)):
        # Guest time is counted in user time already.
        total = sum(times) - times.guest - times.guest_nice
        found[str(number)] = (total - times.idle - times.iowait, total)
    return found


def busy_between(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Gives the share of the time that each core was busy."""
    return {
        core: round((after[core][0] - before[core][0]) / (after[core][1] - before[core][1]), 4)
        for core in before.keys() & after.keys()
        if after[core][1] - before[core][1] > ENOUGH_S
    }


def placed(
    busy: Mapping[str, float], use: Mapping[str, Usage], allowed: Mapping[str, frozenset[str]], seconds: float
) -> dict[str, Core]:
    """Gives each core with the share of it that each program had, its time spread evenly over its cores."""
    return {
        core: Core(
            share,
            {
                program: round(use[program].cpu_s / seconds / len(mine), 4)
                for program, mine in sorted(allowed.items())
                if core in mine and program in use
            },
        )
        for core, share in sorted(busy.items())
    }
