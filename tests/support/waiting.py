"""Polling for a condition."""

import time
from collections.abc import Callable

SECONDS = 30.0  # only for hangs: no test measures against it
PAUSE = 0.02
# How late a wait may end on a busy machine; a wait that fails to end takes longer.
SLACK = 3.0


def wait_until(condition: Callable[[], object], what: str, seconds: float = SECONDS) -> float:
    """The seconds until the condition held; fails with `what` in the message after `seconds`."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"after {seconds} s still not: {what}"
        time.sleep(PAUSE)
    return time.monotonic() - started
