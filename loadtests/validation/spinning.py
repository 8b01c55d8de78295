"""The sync service, slowed by a known CPU time in each request: `python -m` this module serves until SIGTERM."""

import os
import runpy
import time
from typing import Final

from flask import request_started

VARIABLE: Final = "SPIN_MS"
MILLISECOND: Final = 1e-3


def spin(*_: object, **_more: object) -> None:
    """Uses the thread's CPU clock, which stops while other threads of the service run."""
    until = time.thread_time() + float(os.environ[VARIABLE]) * MILLISECOND
    while time.thread_time() < until:
        pass


if __name__ == "__main__":
    request_started.connect(spin, weak=False)
    runpy.run_module("sync_api.serve", run_name="__main__", alter_sys=True)
