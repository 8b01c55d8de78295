"""A load generator that is held back."""

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
    """k6 on one core that others want as well."""

    def generator(self, variables: dict[str, str], log: Path) -> Generator:
        with pinned(frozenset({max(os.sched_getaffinity(0))})):
            return Generator(k6_command(), variables, log)


@contextmanager
def burners(many: int) -> Iterator[None]:
    """So many processes that never rest, on the core of a starved k6."""
    with pinned(frozenset({max(os.sched_getaffinity(0))})):
        # Each in a session of its own, because the kernel shares a core out by sessions first.
        burn = [sys.executable, "-c", "while True: pass"]
        running = [subprocess.Popen(burn, start_new_session=True) for _ in range(many)]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait(10)
