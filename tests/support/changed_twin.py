"""Serves a twin that is changed first, with the service's environment.

`python -m tests.support.changed_twin busy_handlers async 0.2` calls `change("async", "0.2")` of
tests/support/busy_handlers.py and then serves the async twin.
"""

import importlib
import os
import runpy
import sys
from tempfile import mkdtemp
from typing import Final

PROGRAM: Final = "tests.support.changed_twin"


def main(module: str, twin: str, *values: str) -> None:
    # prometheus_client reads it when it is imported, which a change does before the service sets it.
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = mkdtemp(prefix="metrics-")
    importlib.import_module(f"tests.support.{module}").change(twin, *values)


# Hypercorn's workers are spawned: they import this module again as `__mp_main__`.
if __name__ in {"__main__", "__mp_main__"}:
    main(*sys.argv[1:])

if __name__ == "__main__":
    runpy.run_module(f"{sys.argv[2]}_api.serve", run_name="__main__", alter_sys=False)
