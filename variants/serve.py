"""Serves a twin on another server, with another driver or naively: `python -m variants.serve sync granian`."""

import sys
from importlib import import_module
from typing import Final

from shared.service.settings import Settings, SettingsError

# By twin and name: the modules that replace service/server.py, and database/driver.py.
SERVERS: Final = {
    "sync granian": "variants.granian_sync:run",
    "sync waitress": "variants.waitress:run",
    "async granian": "variants.granian_async:run",
    "async uvicorn": "variants.uvicorn:run",
    "async uvicorn-uvloop": "variants.uvicorn:run_on_uvloop",
    "async hypercorn-uvloop": "variants.hypercorn:run",
    "sync naive": "docs.examples.naive.serve_sync:run",
    "async naive": "docs.examples.naive.serve_async:run",
}
DRIVERS: Final = {"async asyncmy": "variants.asyncmy"}
USAGE: Final = f"usage: python -m variants.serve TWIN NAME: {', '.join((*SERVERS, *DRIVERS))}\n"

chosen = " ".join(sys.argv[1:])
if driver := DRIVERS.get(chosen):
    # Not in `main`: a spawned worker runs this too before it imports the twin.
    sys.modules[f"{sys.argv[1]}_api.database.driver"] = import_module(driver)


def main() -> int:
    """The exit statuses are the twin's."""
    if chosen not in {*SERVERS, *DRIVERS}:
        sys.stderr.write(USAGE)
        return 2
    twin = import_module(f"{sys.argv[1]}_api.serve")
    status: int = twin.main(_run) if chosen in SERVERS else twin.main()
    return status


def _run(settings: Settings) -> int:
    if settings.workers > 1:
        raise SettingsError("another server has one worker: set WORKERS to 1")
    module, _, function = SERVERS[chosen].partition(":")
    status: int = getattr(import_module(module), function)(settings)
    return status


if __name__ == "__main__":
    sys.exit(main())
