"""Waiting for something to become true, and no longer than that."""

import time
from collections.abc import Callable

SECONDS = 30.0  # for what hangs; it promises nothing
PAUSE = 0.02
# By how much a busy machine may end a wait too late. What fails to end takes longer than that, or for ever.
SLACK = 3.0


def wait_until(so: Callable[[], object], what: str, seconds: float = SECONDS) -> float:
    """Returns after how many seconds `so` held; fails, naming `what`, when it does not in time."""
    started = time.monotonic()
    while not so():
        assert time.monotonic() - started < seconds, f"after {seconds} s still not: {what}"
        time.sleep(PAUSE)
    return time.monotonic() - started
