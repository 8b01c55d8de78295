"""A service whose product route burns CPU time first.

`python -m tests.support.busy_handlers async 0.2` serves that twin with the service's environment and adds 0.2 s of CPU
time to each GET of a product.
"""

import importlib
import runpy
import sys
import time
from functools import wraps
from typing import Any, Final

PROGRAM: Final = "tests.support.busy_handlers"


def burn(seconds: float) -> None:
    """Use CPU time of this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def make_busy(twin: str, seconds: float) -> None:
    """Wrap the twin's handler; the result may be a coroutine, so the time is burnt before it is created."""
    products = importlib.import_module(f"{twin}_api.shop.products").Products
    handle = products.get

    @wraps(handle)
    def busy(*values: Any, **named: Any) -> Any:
        burn(seconds)
        return handle(*values, **named)

    products.get = busy


# Hypercorn's workers are spawned: they import this module again as `__mp_main__`.
if __name__ in {"__main__", "__mp_main__"}:
    make_busy(sys.argv[1], float(sys.argv[2]))

if __name__ == "__main__":
    runpy.run_module(f"{sys.argv[1]}_api.serve", run_name="__main__", alter_sys=False)
