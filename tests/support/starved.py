"""A load generator that is starved of CPU."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compose.local.placement import pinned
from loadtests.targets.k6 import Generator, k6_command
from loadtests.targets.running import RunningTarget


class StarvedTarget(RunningTarget):
    """k6 on one core that other processes use too."""

    def generator(self, variables: dict[str, str], log: Path) -> Generator:
        with pinned(frozenset({max(os.sched_getaffinity(0))})):
            return Generator(k6_command(), variables, log)


@contextmanager
def burners(many: int) -> Iterator[None]:
    """This number of busy processes on the core of a starved k6."""
    with pinned(frozenset({max(os.sched_getaffinity(0))})):
        # Each in its own session, because the kernel divides a core by sessions first.
        burn = [sys.executable, "-c", "while True: pass"]
        running = [subprocess.Popen(burn, start_new_session=True) for _ in range(many)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait(10)
