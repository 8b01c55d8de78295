"""The seam of waiting: for what another makes, or for time to pass."""

import threading
from typing import TypeAlias

pause, scheduler = threading.Event().wait, threading.current_thread
# What guards a few steps against other threads; tasks only change places where they wait.
ThreadLock = threading.Lock
Event: TypeAlias = threading.Event


def wait_unless(seconds: float, unless: Event) -> bool:
    """Passes the time; tells whether it could, False as soon as the event happens."""
    return not unless.wait(seconds)
