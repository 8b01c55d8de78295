"""Waits until what the last cell left behind is done."""

import time
from collections.abc import Mapping
from typing import Final

from loadtests.usage import processes_of, used

LONGEST_S: Final = 10.0
LOOK_S: Final = 0.2
IDLE_SHARE: Final = 0.1


def settle(programs: Mapping[str, int]) -> None:
    """Returns when each program uses less than a tenth of a core, after 10 s at the latest."""
    end = time.monotonic() + LONGEST_S
    trees = {name: processes_of(pid) for name, pid in programs.items()}
    before = {name: used(tree)[0] for name, tree in trees.items()}
    while programs and time.monotonic() < end:
        time.sleep(LOOK_S)
        now = {name: used(tree)[0] for name, tree in trees.items()}
        if all(now[name] - before[name] < IDLE_SHARE * LOOK_S for name in trees):
            return
        before = now
