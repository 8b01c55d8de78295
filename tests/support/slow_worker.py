"""A service whose first worker opens its connections late.

`python -m tests.support.slow_worker async 2` serves that twin with the service's environment; the first worker that
comes to open its pool waits for 2 s.
"""

import importlib
import os
import runpy
import sys
import time
from functools import wraps
from pathlib import Path
from typing import Any, Final

PROGRAM: Final = "tests.support.slow_worker"


def make_slow(twin: str, seconds: float) -> None:
    pool = importlib.import_module(f"{twin}_api.database.pool").Pool
    open_pool = pool.open

    @wraps(open_pool)
    def slow(self: Any) -> Any:
        if _is_first():
            time.sleep(seconds)
        return open_pool(self)

    pool.open = slow


def _is_first() -> bool:
    """Of the workers of one parent."""
    try:
        Path(os.environ["TMPDIR"], f"opened-{os.getppid()}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


# Hypercorn's workers are spawned: they import this module again as `__mp_main__`.
if __name__ in {"__main__", "__mp_main__"}:
    make_slow(sys.argv[1], float(sys.argv[2]))

if __name__ == "__main__":
    runpy.run_module(f"{sys.argv[1]}_api.serve", run_name="__main__", alter_sys=False)
