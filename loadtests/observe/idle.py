"""Waits until earlier work is done and nothing else keeps the machine busy."""

import time
from collections.abc import Collection
from typing import Final

from loadtests.observe.processes import busy_between, processes_of, read_cores, used
from loadtests.schema.server import Settled

LONGEST_S: Final = 10.0
SAMPLE_S: Final = 0.2
IDLE_SHARE: Final = 0.1
# Share of all cores, used by programs outside the stack.
QUIET_SHARE: Final = 0.25


class Settling:
    """Waits before each start of a run, at most 10 s by default.

    After one wait in vain, it does not wait again.
    """

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest = self._patience = longest_s

    def settle(self, pids: Collection[int]) -> Settled:
        """Waits until each program uses less than a tenth of a core and the machine is quiet, or until a time-out."""
        start = time.monotonic()
        while True:
            idle, busy = _sample(pids)
            waited = time.monotonic() - start
            quiet = busy <= QUIET_SHARE
            if (idle and (quiet or waited >= self._patience)) or waited >= self._longest:
                break
        if not quiet:
            self._patience = SAMPLE_S
        return Settled(round(waited, 2), round(busy, 2), quiet)


def _sample(pids: Collection[int]) -> tuple[bool, float]:
    """Whether these programs were idle for a moment, and how many cores were busy."""
    trees = [processes_of(pid) for pid in pids]
    cores, before = read_cores(), [used(tree)[0] for tree in trees]
    time.sleep(SAMPLE_S)
    idle = all(used(tree)[0] - spent < IDLE_SHARE * SAMPLE_S for tree, spent in zip(trees, before, strict=True))
    return idle, sum(busy_between(cores, read_cores()).values())
